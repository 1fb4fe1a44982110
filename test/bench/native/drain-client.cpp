// Any number of RTSP viewers in one thread, that read everything and count it.
//   [--username U --password P]; then one order per line on standard input:
//   join PORT PATH HOST WINDOW   one viewer more, from 127.0.0.HOST, with that receive buffer (0: as the system has it); asks again where refused
//   mark                         counts and latencies start anew
//   tell                         one line of JSON; times in ms
//   stall FIRST LAST             these viewers (numbered from 0, as they joined) read no more
//   resume FIRST LAST
//   leave                        all viewers go, numbers start anew
// Ends with its standard input.
#include <algorithm>
#include <memory>

#include "dialogue.hpp"

using namespace bench;

namespace {

constexpr Nanos retryAfter = second / 4;
constexpr Nanos reportEvery = 5 * second;

struct Viewer {
  Viewer(int port, int host, int window, std::string path) : port(port), host(host), window(window), path(std::move(path)) {}

  const int port, host, window;
  const std::string path;
  int fd = -1;
  std::unique_ptr<Dialogue> dialogue;
  std::string rest;
  Outbox outbox;
  Nanos dialledAt = 0, retryAt = 0, reportedAt = 0;
  bool closed = false, stalled = false;
  // Of the last dialling, ns after it; -1: not yet.
  Nanos played = -1, firstPacket = -1, firstKeyframe = -1, firstKeyframeSent = -1;
  int64_t packets = 0, pictures = 0, sequenceGaps = 0, pictureGaps = 0, reports = 0;
  int sequence = -1;
  uint32_t ssrc = 0;
  int64_t picture = -1;
  Mark mark{};
  bool marked = false, keyframe = false;  // of the picture that is coming in
};

class Latencies {
 public:
  void add(Nanos value) { values_.push_back(value); }
  void clear() { values_.clear(); }
  std::string tell() {
    std::sort(values_.begin(), values_.end());
    const auto at = [&](double share) {
      return values_.empty() ? std::string("null") : std::to_string(double(values_[std::min(values_.size() - 1, size_t(share * double(values_.size())))]) / 1e6);
    };
    return "{\"count\":" + std::to_string(values_.size()) + ",\"p50\":" + at(0.5) + ",\"p99\":" + at(0.99) + ",\"most\":" + at(1) + "}";
  }

 private:
  std::vector<Nanos> values_;
};

class Drain {
 public:
  explicit Drain(Account account) : account_(std::move(account)) {}

  void run() {
    watch(epoll_, STDIN_FILENO, EPOLLIN);
    std::vector<epoll_event> events(256);
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), int(events.size()), 100);
      for (int index = 0; index < count; ++index) {
        const int fd = events[size_t(index)].data.fd;
        if (fd == STDIN_FILENO) {
          if (!obey()) return;
        } else if (byFd_.count(fd)) {
          serve(*byFd_.at(fd), events[size_t(index)].events);
        }
      }
      const Nanos time = now();
      for (auto& viewer : viewers_) {
        if (viewer->retryAt > 0 && viewer->retryAt <= time) call(*viewer);
        if (viewer->fd >= 0 && viewer->firstPacket >= 0 && time - viewer->reportedAt > reportEvery) report(*viewer, time);
      }
    }
  }

 private:
  bool obey() {
    char bytes[65536];
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) return false;
    orders_.append(bytes, size_t(got));
    for (size_t end = orders_.find('\n'); end != std::string::npos; end = orders_.find('\n')) {
      order(orders_.substr(0, end));
      orders_.erase(0, end + 1);
    }
    return true;
  }

  void order(const std::string& line) {
    int port, host, window;
    size_t first, last;
    char path[128];
    if (sscanf(line.c_str(), "join %d %127s %d %d", &port, path, &host, &window) == 4) {
      viewers_.push_back(std::make_unique<Viewer>(port, host, window, path));
      call(*viewers_.back());
    } else if (sscanf(line.c_str(), "stall %zu %zu", &first, &last) == 2) {
      for (size_t at = first; at <= last && at < viewers_.size(); ++at) read(*viewers_[at], false);
    } else if (sscanf(line.c_str(), "resume %zu %zu", &first, &last) == 2) {
      for (size_t at = first; at <= last && at < viewers_.size(); ++at) read(*viewers_[at], true);
    } else if (line == "mark") {
      for (auto& viewer : viewers_) viewer->packets = viewer->pictures = viewer->sequenceGaps = viewer->pictureGaps = 0;
      first_.clear(), whole_.clear();
    } else if (line == "tell") {
      tell();
    } else if (line == "leave") {
      for (auto& viewer : viewers_) hangUp(*viewer);
      viewers_.clear();
    }
  }

  void call(Viewer& viewer) {
    const std::string url = "rtsp://127.0.0.1:" + std::to_string(viewer.port) + viewer.path;
    viewer.dialogue = std::make_unique<Dialogue>(url, account_);
    viewer.retryAt = 0;
    viewer.dialledAt = now();
    viewer.fd = dial(viewer.port, viewer.host, viewer.window);
    byFd_[viewer.fd] = &viewer;
    watch(epoll_, viewer.fd, EPOLLIN);
    viewer.outbox.write(epoll_, viewer.fd, viewer.dialogue->begin());
  }

  void hangUp(Viewer& viewer) {
    if (viewer.fd < 0) return;
    byFd_.erase(viewer.fd);
    close(viewer.fd);
    viewer.fd = -1;
    viewer.rest.clear();
    viewer.outbox = Outbox();
  }

  void read(Viewer& viewer, bool reading) {
    viewer.stalled = !reading;
    if (viewer.fd >= 0) watch(epoll_, viewer.fd, reading ? EPOLLIN : 0u, reading ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
  }

  void serve(Viewer& viewer, uint32_t what) {
    if (what & EPOLLOUT) viewer.outbox.writable(epoll_, viewer.fd);
    const Nanos arrivedAt = now();
    const bool here = take(
        viewer.fd, viewer.rest, [&](const char* packet, size_t size) { count(viewer, packet, size, arrivedAt); },
        [&](std::string_view head, std::string_view body) {
          const bool before = viewer.dialogue->playing;
          viewer.outbox.write(epoll_, viewer.fd, viewer.dialogue->answer(head, body));
          if (!before && viewer.dialogue->playing) viewer.played = arrivedAt - viewer.dialledAt;
        },
        [] {});
    if (here && viewer.dialogue->refused == 0) return;
    if (viewer.played < 0) viewer.retryAt = arrivedAt + retryAfter;  // the stream is not there yet
    else viewer.closed = true;
    hangUp(viewer);
  }

  void count(Viewer& viewer, const char* packet, size_t size, Nanos arrivedAt) {
    if (packet[1] != 0) {
      viewer.reports += 1;
      return;
    }
    if (size < 16 + 2) return;
    const int sequence = be16(packet + 6);
    viewer.packets += 1;
    if (viewer.firstPacket < 0) viewer.firstPacket = arrivedAt - viewer.dialledAt;
    if (viewer.sequence >= 0 && sequence != ((viewer.sequence + 1) & 0xffff)) viewer.sequenceGaps += 1;
    viewer.sequence = sequence;
    std::copy(packet + 12, packet + 16, reinterpret_cast<char*>(&viewer.ssrc));
    const char* payload = packet + 16;
    const int type = payload[0] & 31;
    if (type == 6 && size >= 16 + 3 + markName.size() + markDigits && std::string_view(payload + 3, markName.size()) == markName) {
      viewer.mark = readMark(payload + 3 + markName.size());
      if (viewer.picture >= 0 && viewer.mark.picture != viewer.picture + 1) viewer.pictureGaps += 1;
      viewer.picture = viewer.mark.picture;
      viewer.marked = true;
      first_.add(arrivedAt - viewer.mark.sentAt);
    }
    viewer.keyframe = viewer.keyframe || type == 5 || (type == 28 && (payload[1] & 31) == 5);
    if (!(packet[5] & 0x80)) return;
    viewer.pictures += 1;
    if (viewer.marked) whole_.add(arrivedAt - viewer.mark.sentAt);
    if (viewer.marked && viewer.keyframe && viewer.firstKeyframe < 0) {
      viewer.firstKeyframe = arrivedAt - viewer.dialledAt;
      viewer.firstKeyframeSent = viewer.mark.sentAt - viewer.dialledAt;
    }
    viewer.marked = viewer.keyframe = false;
  }

  /// Receiver report (RFC 3550 §6.4.2), as every player sends; the numbers in it are of no use to anybody here.
  void report(Viewer& viewer, Nanos time) {
    viewer.reportedAt = time;
    if (viewer.stalled) return;
    char packet[36] = {'$', 1, 0, 32, char(0x81), char(201), 0, 7};
    std::copy(reinterpret_cast<char*>(&viewer.ssrc), reinterpret_cast<char*>(&viewer.ssrc) + 4, packet + 12);
    putBe32(packet + 20, uint32_t(viewer.sequence));
    viewer.outbox.write(epoll_, viewer.fd, packet, sizeof packet);
  }

  void tell() {
    std::string text = "{\"first\":" + first_.tell() + ",\"whole\":" + whole_.tell() + ",\"viewers\":[";
    for (size_t at = 0; at < viewers_.size(); ++at) {
      const Viewer& viewer = *viewers_[at];
      const auto field = [](const char* name, int64_t value) { return std::string("\"") + name + "\":" + std::to_string(value) + ","; };
      const auto time = [](const char* name, Nanos value) {
        return std::string("\"") + name + "\":" + (value == -1 ? "null" : std::to_string(double(value) / 1e6)) + ",";
      };
      text += std::string(at == 0 ? "" : ",") + "{" + field("packets", viewer.packets) + field("pictures", viewer.pictures) +
              field("sequenceGaps", viewer.sequenceGaps) + field("pictureGaps", viewer.pictureGaps) + field("reports", viewer.reports) +
              time("played", viewer.played) + time("firstPacket", viewer.firstPacket) + time("firstKeyframe", viewer.firstKeyframe) +
              time("firstKeyframeSent", viewer.firstKeyframeSent) + "\"closed\":" + (viewer.closed ? "true" : "false") + "}";
    }
    puts((text + "]}").c_str());
    fflush(stdout);
  }

  const int epoll_ = epoll_create1(0);
  const Account account_;
  std::string orders_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::map<int, Viewer*> byFd_;
  Latencies first_, whole_;
};

}  // namespace

int main(int count, char** words) {
  const auto given = optionsOf(count, words);
  Drain(given.count("username") ? Account{given.at("username"), given.at("password")} : Account{}).run();
}
