// What the bench's programs share: time, sockets that never block, RTSP messages and packets in one stream of bytes (RFC 2326 §10.12),
// and the mark that each picture carries.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Nanos = int64_t;
constexpr Nanos second = 1'000'000'000;

inline Nanos now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Nanos(time.tv_sec) * second + time.tv_nsec;
}

// An SEI of user data (H.264 §D.1.7), its UUID and content in ASCII: nothing in it needs emulation prevention, and a search for the name
// finds it in RTP as in MP4. 16 hexadecimal digits of CLOCK_MONOTONIC ns when the picture was sent, then 16 of the picture's number.
constexpr std::string_view markName = "campus-benchmark";
constexpr size_t markDigits = 32;

struct Mark {
  Nanos sentAt;
  int64_t picture;
};

inline void writeMark(char* digits, Mark mark) {
  char text[markDigits + 1];
  snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(mark.sentAt), static_cast<unsigned long long>(mark.picture));
  std::copy(text, text + markDigits, digits);
}

inline Mark readMark(const char* digits) {
  const std::string sentAt(digits, 16), picture(digits + 16, 16);
  return {Nanos(strtoull(sentAt.c_str(), nullptr, 16)), int64_t(strtoull(picture.c_str(), nullptr, 16))};
}

inline uint16_t be16(const char* at) { return uint16_t(uint8_t(at[0]) << 8 | uint8_t(at[1])); }
inline void putBe16(char* at, uint16_t value) { at[0] = char(value >> 8), at[1] = char(value); }
inline void putBe32(char* at, uint32_t value) { putBe16(at, uint16_t(value >> 16)), putBe16(at + 2, uint16_t(value)); }

[[noreturn]] inline void die(const char* what) {
  perror(what);
  exit(1);
}

inline void watch(int epoll, int fd, uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, operation, fd, &event);
}

inline void prepareSocket(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

inline sockaddr_in loopback(int port, int host = 1) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  address.sin_addr.s_addr = htonl(0x7f000000u + uint32_t(host));
  return address;
}

/// Listens on a port of the system's choice and tells it on standard output.
inline int listenAnywhere() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, 512) != 0) die("listen");
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

/// From 127.0.0.`host`, so that no limit per address is met; `window` is SO_RCVBUF, 0 as the system has it.
inline int dial(int port, int host = 1, int window = 0) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (window > 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  prepareSocket(fd);
  const sockaddr_in from = loopback(0, host), to = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) die("bind");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

/// The sending side of a socket: what the kernel does not take at once waits here.
class Outbox {
 public:
  void write(int epoll, int fd, const char* bytes, size_t size) {
    if (waiting_.empty()) {
      const ssize_t taken = send(fd, bytes, size, MSG_NOSIGNAL);
      if (taken == ssize_t(size)) return;
      if (taken < 0 && errno != EAGAIN && errno != ENOTCONN) return;  // the reader finds out that it is gone
      if (taken > 0) bytes += taken, size -= size_t(taken);
      watch(epoll, fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    waiting_.append(bytes, size);
  }
  void write(int epoll, int fd, const std::string& text) { write(epoll, fd, text.data(), text.size()); }
  void writable(int epoll, int fd) {
    const ssize_t taken = send(fd, waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
    if (taken > 0) waiting_.erase(0, size_t(taken));
    if (waiting_.empty() || (taken < 0 && errno != EAGAIN)) watch(epoll, fd, EPOLLIN, EPOLL_CTL_MOD);
  }
  size_t waiting() const { return waiting_.size(); }

 private:
  std::string waiting_;
};

/// All values of a header, in order.
inline std::vector<std::string> headersOf(std::string_view head, std::string_view name) {
  std::vector<std::string> values;
  for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':' || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    values.emplace_back(line);
  }
  return values;
}

inline std::string headerOf(std::string_view head, std::string_view name) {
  const auto values = headersOf(head, name);
  return values.empty() ? "" : values.front();
}

/// Cuts what has come into packets (`$`, channel, length, RTP or RTCP) and messages; returns how many bytes they took.
template <class OnPacket, class OnMessage>
size_t cut(const char* bytes, size_t size, OnPacket onPacket, OnMessage onMessage) {
  size_t at = 0;
  while (at < size) {
    if (bytes[at] == '$') {
      if (size - at < 4) break;
      const size_t length = 4u + be16(bytes + at + 2);
      if (size - at < length) break;
      onPacket(bytes + at, length);
      at += length;
      continue;
    }
    const std::string_view rest(bytes + at, size - at);
    const size_t end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    const std::string_view head = rest.substr(0, end + 2);
    const size_t body = size_t(atoi(headerOf(head, "Content-Length").c_str()));
    if (rest.size() < end + 4 + body) break;
    onMessage(head, rest.substr(end + 4, body));
    at += end + 4 + body;
  }
  return at;
}

/// Reads once; what is not yet whole stays in `rest`. `onEnd` runs while the bytes of this read still stand where the packets were shown.
/// False: the other side is gone.
template <class OnPacket, class OnMessage, class OnEnd>
bool take(int fd, std::string& rest, OnPacket onPacket, OnMessage onMessage, OnEnd onEnd) {
  static std::vector<char> scratch(1 << 20);
  std::copy(rest.begin(), rest.end(), scratch.begin());
  const ssize_t got = read(fd, scratch.data() + rest.size(), scratch.size() - rest.size());
  if (got <= 0) return got < 0 && errno == EAGAIN;
  const size_t size = rest.size() + size_t(got);
  const size_t used = cut(scratch.data(), size, onPacket, onMessage);
  onEnd();
  rest.assign(scratch.data() + used, size - used);
  return true;
}

/// `--name value` pairs.
inline std::map<std::string, std::string> optionsOf(int count, char** words) {
  std::map<std::string, std::string> options;
  for (int at = 1; at + 1 < count; at += 2) options[words[at] + 2] = words[at + 1];
  return options;
}

}  // namespace bench
