// Any number of RTSP cameras in one thread: rtsp://127.0.0.1:port/cam-1/main and so on, each at its own phase of the picture interval and of
// the picture group. All cameras run all the time, as real ones do; a session gets what its camera sends after PLAY.
//   --cameras N --clip FILE.h264 [--pace burst|paced] [--filler BYTES] [--drop K] [--username U --password P]
// burst: one write per picture. paced: one write per packet, over 75 % of the picture interval. --drop K leaves out every Kth packet.
// Says `port N`, and ends with its standard input. A line `keyframe N` there makes the next picture of camera N a keyframe, as
// SetSynchronizationPoint does; its timestamps go on as before.
#include <queue>
#include <random>

#include "clip.hpp"
#include "digest.hpp"

using namespace bench;

namespace {

constexpr Nanos interval = second / 25;
constexpr uint32_t ticksPerPicture = 90'000 / 25;
constexpr Nanos reportEvery = 5 * second;
constexpr int group = 50;
constexpr size_t mostWaiting = 16 << 20;

struct Session {
  int fd = -1;
  int camera = -1;
  bool playing = false;
  uint16_t sequence = 0;
  uint32_t ssrc = 0;
  uint32_t offset = 0;  // of its timestamps
  uint32_t packets = 0, octets = 0;
  Nanos reportedAt = 0;
  std::string rest;
  Outbox outbox;
};

struct Camera {
  std::vector<Session*> sessions;
  int64_t picture = 0;
  int64_t ahead = 0;  // what to add to get the place in the clip
  bool wanted = false;
  Mark mark{};
};

struct Due {
  Nanos at;
  int camera;
  size_t packet;
  bool operator<(const Due& other) const { return at > other.at; }  // the earliest on top
};

class Farm {
 public:
  Farm(const std::map<std::string, std::string>& given, Clip& clip)
      : paced_(given.count("pace") && given.at("pace") == "paced"),
        drop_(given.count("drop") ? atoi(given.at("drop").c_str()) : 0),
        clip_(clip),
        cameras_(size_t(atoi(given.at("cameras").c_str()))) {
    if (given.count("username")) account_ = {given.at("username"), given.at("password")};
    for (size_t index = 0; index < cameras_.size(); ++index) {
      due_.push({now() + interval * Nanos(index) / Nanos(cameras_.size()), int(index), 0});
      cameras_[index].picture = int64_t(index * group / cameras_.size());
    }
  }

  void run() {
    door_ = listenAnywhere();
    watch(epoll_, door_, EPOLLIN);
    watch(epoll_, STDIN_FILENO, EPOLLIN);
    std::vector<epoll_event> events(256);
    for (;;) {
      for (Nanos time = now(); due_.top().at <= time; time = now()) play();
      const Nanos wait = std::max<Nanos>(0, due_.top().at - now());
      const timespec limit{time_t(wait / second), long(wait % second)};
      const int count = epoll_pwait2(epoll_, events.data(), int(events.size()), &limit, nullptr);
      for (int index = 0; index < count; ++index) {
        const int fd = events[size_t(index)].data.fd;
        if (fd == STDIN_FILENO) {
          char bytes[4096];
          const ssize_t got = read(fd, bytes, sizeof bytes);
          if (got <= 0) return;
          orders_.append(bytes, size_t(got));
          obey();
        } else if (fd == door_) {
          accept();
        } else if (sessions_.count(fd)) {
          serve(sessions_.at(fd), events[size_t(index)].events);
        }
      }
    }
  }

 private:
  void obey() {
    for (size_t end = orders_.find('\n'); end != std::string::npos; end = orders_.find('\n')) {
      const int camera = orders_.rfind("keyframe ", 0) == 0 ? atoi(orders_.c_str() + 9) : 0;
      if (camera >= 1 && camera <= int(cameras_.size())) cameras_[size_t(camera - 1)].wanted = true;
      orders_.erase(0, end + 1);
    }
  }

  void accept() {
    for (int fd = ::accept(door_, nullptr, nullptr); fd >= 0; fd = ::accept(door_, nullptr, nullptr)) {
      prepareSocket(fd);
      watch(epoll_, fd, EPOLLIN);
      sessions_[fd].fd = fd;
    }
  }

  void serve(Session& session, uint32_t events) {
    if (events & EPOLLOUT) session.outbox.writable(epoll_, session.fd);
    const bool here = take(
        session.fd, session.rest, [](const char*, size_t) {},  // receiver reports
        [&](std::string_view head, std::string_view) { answer(session, head); }, [] {});
    if (!here || session.outbox.waiting() > mostWaiting) leave(session);
  }

  void leave(Session& session) {
    if (session.camera >= 0) std::erase(cameras_[size_t(session.camera)].sessions, &session);
    close(session.fd);
    sessions_.erase(session.fd);
  }

  void answer(Session& session, std::string_view head) {
    const std::string method(head.substr(0, head.find(' ')));
    const std::string_view uri = head.substr(method.size() + 1, head.find(' ', method.size() + 1) - method.size() - 1);
    const std::string cseq = "CSeq: " + headerOf(head, "CSeq") + "\r\n";
    const auto say = [&](const std::string& status, const std::string& headers = "", const std::string& body = "") {
      const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
      session.outbox.write(epoll_, session.fd, "RTSP/1.0 " + status + "\r\n" + cseq + headers + length + "\r\n" + body);
    };
    if (method == "OPTIONS") return say("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n");
    if (!account_.username.empty() && !proves(headerOf(head, "Authorization"), account_, method))
      return say("401 Unauthorized", "WWW-Authenticate: Digest realm=\"camera farm\", nonce=\"" + nonce_ + "\", qop=\"auth\"\r\n");
    const size_t named = uri.find("/cam-");
    const int camera = named == std::string_view::npos ? 0 : atoi(std::string(uri.substr(named + 5)).c_str());
    if (camera < 1 || camera > int(cameras_.size())) return say("404 Not Found");
    const std::string id = "Session: " + std::to_string(1000 + session.fd) + ";timeout=60\r\n";
    if (method == "DESCRIBE")
      return say("200 OK", "Content-Type: application/sdp\r\nContent-Base: " + std::string(uri) + "/\r\n",
                 "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera farm\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                 "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=" + clip_.parameterSets + "\r\na=control:track1\r\n");
    if (method == "SETUP") return say("200 OK", id + "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    if (method == "PLAY") {
      say("200 OK", id);
      return play(session, camera - 1);
    }
    say("200 OK", id);
  }

  void play(Session& session, int camera) {
    if (session.playing) return;
    session.playing = true;
    session.camera = camera;
    session.sequence = uint16_t(random_());
    session.ssrc = uint32_t(random_());
    session.offset = uint32_t(random_());
    cameras_[size_t(camera)].sessions.push_back(&session);
  }

  /// What is due first: a whole picture, or one packet of it. A session that comes in the middle of a picture gets the rest: so do cameras.
  void play() {
    const Due due = due_.top();
    due_.pop();
    Camera& camera = cameras_[size_t(due.camera)];
    if (due.packet == 0) {
      camera.mark = {now(), camera.picture};
      if (camera.wanted) camera.ahead += (group - (camera.picture + camera.ahead) % group) % group;
      camera.wanted = false;
    }
    const Picture& picture = clip_.pictures[size_t(camera.picture + camera.ahead) % clip_.pictures.size()];
    const size_t count = picture.packets.size();
    const size_t end = paced_ ? due.packet + 1 : count;
    for (Session* session : camera.sessions) send(*session, camera, picture, due.packet, end);
    const Nanos step = interval * 3 / 4 / Nanos(count);
    if (end < count) {
      due_.push({due.at + step, due.camera, end});
    } else {
      camera.picture += 1;
      due_.push({due.at - step * Nanos(due.packet) + interval, due.camera, 0});
    }
  }

  void send(Session& session, const Camera& camera, const Picture& picture, size_t from, size_t to) {
    if (session.outbox.waiting() > mostWaiting) return;
    const size_t begin = picture.packets[from];
    const size_t end = to < picture.packets.size() ? picture.packets[to] : picture.wire.size();
    scratch_.assign(picture.wire, begin, end - begin);
    const uint32_t timestamp = session.offset + uint32_t(camera.picture) * ticksPerPicture;
    for (size_t packet = from; packet < to; ++packet) {
      char* head = scratch_.data() + (picture.packets[packet] - begin);
      putBe16(head + 6, session.sequence++);
      putBe32(head + 8, timestamp);
      putBe32(head + 12, session.ssrc);
    }
    if (from == 0) writeMark(scratch_.data() + picture.mark, camera.mark);
    session.packets += uint32_t(to - from);
    session.octets += uint32_t(scratch_.size() - packetHead * (to - from));
    if (drop_ > 0) lose(picture, from, to);
    session.outbox.write(epoll_, session.fd, scratch_);
    if (camera.mark.sentAt - session.reportedAt > reportEvery && to == picture.packets.size()) report(session, timestamp);
  }

  void lose(const Picture& picture, size_t from, size_t to) {
    for (size_t packet = to; packet-- > from;) {
      if (++sent_ % drop_ != 0) continue;
      const size_t end = packet + 1 < picture.packets.size() ? picture.packets[packet + 1] : picture.wire.size();
      scratch_.erase(picture.packets[packet] - picture.packets[from], end - picture.packets[packet]);
    }
  }

  /// Sender report (RFC 3550 §6.4.1).
  void report(Session& session, uint32_t timestamp) {
    session.reportedAt = now();
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    char packet[32] = {'$', 1, 0, 28, char(0x80), char(200), 0, 6};
    putBe32(packet + 8, session.ssrc);
    putBe32(packet + 12, uint32_t(time.tv_sec + 2'208'988'800));
    putBe32(packet + 16, uint32_t((uint64_t(time.tv_nsec) << 32) / 1'000'000'000));
    putBe32(packet + 20, timestamp);
    putBe32(packet + 24, session.packets);
    putBe32(packet + 28, session.octets);
    session.outbox.write(epoll_, session.fd, packet, sizeof packet);
  }

  const int epoll_ = epoll_create1(0);
  int door_ = -1;
  const bool paced_;
  const int drop_;
  int sent_ = 0;
  Clip& clip_;
  std::vector<Camera> cameras_;
  std::map<int, Session> sessions_;
  std::priority_queue<Due> due_;
  std::mt19937 random_{1};
  Account account_;
  std::string orders_;
  std::string nonce_ = "farm" + std::to_string(now());
  std::string scratch_;
};

}  // namespace

int main(int count, char** words) {
  const auto given = optionsOf(count, words);
  Clip clip(given.at("clip"), given.count("filler") ? size_t(atoi(given.at("filler").c_str())) : 0);
  if (clip.pictures.empty()) {
    fprintf(stderr, "There is no picture in %s.\n", given.at("clip").c_str());
    return 1;
  }
  Farm(given, clip).run();
}
