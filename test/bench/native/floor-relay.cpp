// The least that a relay can do, as the measure for ours: one epoll loop; whole packets of each read go out in one write per viewer.
// No accounts for viewers, no reports of its own, no group of pictures for who joins, no care for who does not read.
//   --upstream PORT --cameras N [--username U --password P]
// Pulls all cameras at once.
// Says `port N`, then `playing` once every camera plays; ends with its standard input.
#include <memory>

#include "dialogue.hpp"

using namespace bench;

namespace {

struct Viewer {
  int fd = -1;
  int camera = -1;
  bool playing = false;
  std::string rest;
  Outbox outbox;
};

struct Upstream {
  int fd = -1;
  std::unique_ptr<Dialogue> dialogue;
  std::string rest;
  Outbox outbox;
  std::vector<Viewer*> viewers;
};

class Relay {
 public:
  explicit Relay(const std::map<std::string, std::string>& given) {
    const int port = atoi(given.at("upstream").c_str());
    const Account account = given.count("username") ? Account{given.at("username"), given.at("password")} : Account{};
    upstreams_.resize(size_t(atoi(given.at("cameras").c_str())));
    for (size_t index = 0; index < upstreams_.size(); ++index) {
      Upstream& upstream = upstreams_[index];
      const std::string url = "rtsp://127.0.0.1:" + std::to_string(port) + "/cam-" + std::to_string(index + 1) + "/main";
      upstream.dialogue = std::make_unique<Dialogue>(url, account);
      upstream.fd = dial(port);
      watch(epoll_, upstream.fd, EPOLLIN);
      upstream.outbox.write(epoll_, upstream.fd, upstream.dialogue->begin());
      pulls_[upstream.fd] = &upstream;
    }
  }

  void run() {
    const int door = listenAnywhere();
    watch(epoll_, door, EPOLLIN);
    watch(epoll_, STDIN_FILENO, EPOLLIN);
    std::vector<epoll_event> events(256);
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), int(events.size()), -1);
      for (int index = 0; index < count; ++index) {
        const int fd = events[size_t(index)].data.fd;
        const uint32_t what = events[size_t(index)].events;
        const auto pull = pulls_.find(fd);
        if (pull != pulls_.end()) {
          relay(*pull->second, what);
        } else if (fd == STDIN_FILENO) {
          char bytes[64];
          if (read(fd, bytes, sizeof bytes) <= 0) return;
        } else if (fd == door) {
          const int viewer = accept(door, nullptr, nullptr);
          if (viewer < 0) continue;
          prepareSocket(viewer);
          watch(epoll_, viewer, EPOLLIN);
          viewers_[viewer].fd = viewer;
        } else if (viewers_.count(fd)) {
          serve(viewers_.at(fd), what);
        }
      }
    }
  }

 private:
  void relay(Upstream& upstream, uint32_t what) {
    if (what & EPOLLOUT) upstream.outbox.writable(epoll_, upstream.fd);
    const char* from = nullptr;
    const char* to = nullptr;
    const auto flush = [&] {
      if (from)
        for (Viewer* viewer : upstream.viewers) viewer->outbox.write(epoll_, viewer->fd, from, size_t(to - from));
      from = nullptr;
    };
    const bool here = take(
        upstream.fd, upstream.rest,
        [&](const char* packet, size_t size) {
          if (!from) from = packet;
          to = packet + size;
        },
        [&](std::string_view head, std::string_view body) {
          flush();
          const bool played = upstream.dialogue->playing;
          upstream.outbox.write(epoll_, upstream.fd, upstream.dialogue->answer(head, body));
          if (played || !upstream.dialogue->playing || ++playing_ < upstreams_.size()) return;
          printf("playing\n");
          fflush(stdout);
        },
        flush);
    if (here && upstream.dialogue->refused == 0) return;
    fprintf(stderr, "A camera is gone or refused (%d).\n", upstream.dialogue->refused);
    exit(1);
  }

  void serve(Viewer& viewer, uint32_t what) {
    if (what & EPOLLOUT) viewer.outbox.writable(epoll_, viewer.fd);
    const bool here = take(
        viewer.fd, viewer.rest, [](const char*, size_t) {}, [&](std::string_view head, std::string_view) { answer(viewer, head); }, [] {});
    if (here) return;
    if (viewer.camera >= 0) std::erase(upstreams_[size_t(viewer.camera)].viewers, &viewer);
    close(viewer.fd);
    viewers_.erase(viewer.fd);
  }

  void answer(Viewer& viewer, std::string_view head) {
    const std::string method(head.substr(0, head.find(' ')));
    const size_t named = head.find("/cam-");
    const int camera = named == std::string_view::npos ? 0 : atoi(std::string(head.substr(named + 5, 5)).c_str());
    std::string status = "200 OK", more, body;
    if (camera < 1 || camera > int(upstreams_.size())) {
      status = "404 Not Found";
    } else if (method == "DESCRIBE") {
      body = upstreams_[size_t(camera - 1)].dialogue->sdp;
      more = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    } else if (method == "SETUP") {
      more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    }
    viewer.outbox.write(epoll_, viewer.fd, "RTSP/1.0 " + status + "\r\nCSeq: " + headerOf(head, "CSeq") + "\r\nSession: 1\r\n" + more + "\r\n" + body);
    if (method != "PLAY" || status != "200 OK" || viewer.playing) return;
    viewer.playing = true;
    viewer.camera = camera - 1;
    upstreams_[size_t(camera - 1)].viewers.push_back(&viewer);
  }

  const int epoll_ = epoll_create1(0);
  size_t playing_ = 0;
  std::vector<Upstream> upstreams_;
  std::map<int, Upstream*> pulls_;
  std::map<int, Viewer> viewers_;
};

}  // namespace

int main(int count, char** words) { Relay(optionsOf(count, words)).run(); }
