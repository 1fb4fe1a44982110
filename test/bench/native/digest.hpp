// HTTP Digest with MD5 (RFC 2617, RFC 7616), from either side; MD5 after RFC 1321.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

inline std::string md5(std::string_view text) {
  static const int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const uint64_t bits = uint64_t(text.size()) * 8;
  for (int at = 0; at < 8; ++at) padded += char(bits >> (8 * at));
  for (size_t block = 0; block < padded.size(); block += 64) {
    uint32_t words[16];
    std::memcpy(words, padded.data() + block, 64);  // little endian, as the machines that this runs on
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (int step = 0; step < 64; ++step) {
      const int round = step / 16;
      uint32_t mixed;
      int word;
      if (round == 0) mixed = (b & c) | (~b & d), word = step;
      else if (round == 1) mixed = (d & b) | (~d & c), word = (5 * step + 1) % 16;
      else if (round == 2) mixed = b ^ c ^ d, word = (3 * step + 5) % 16;
      else mixed = c ^ (b | ~d), word = (7 * step) % 16;
      const auto constant = uint32_t(int64_t(std::fabs(std::sin(step + 1)) * 4294967296.0));
      const uint32_t sum = a + mixed + constant + words[word];
      const int turn = turns[round][step % 4];
      a = d, d = c, c = b;
      b += (sum << turn) | (sum >> (32 - turn));
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  }
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (uint32_t part : state)
    for (int at = 0; at < 4; ++at) {
      hex += digits[(part >> (8 * at + 4)) & 15];
      hex += digits[(part >> (8 * at)) & 15];
    }
  return hex;
}

struct Account {
  std::string username, password;
};

/// Value of `name="value"` or `name=value` in a header; empty where it is not there.
inline std::string parameterOf(std::string_view header, std::string_view name) {
  for (size_t at = header.find(name); at != std::string_view::npos; at = header.find(name, at + 1)) {
    const size_t after = at + name.size();
    const bool whole = (at == 0 || header[at - 1] == ' ' || header[at - 1] == ',') && after < header.size() && header[after] == '=';
    if (!whole) continue;
    const std::string_view value = header.substr(after + 1);
    if (!value.empty() && value[0] == '"') return std::string(value.substr(1, value.find('"', 1) - 1));
    return std::string(value.substr(0, value.find_first_of(", ")));
  }
  return "";
}

struct Request {
  std::string method, uri;
};

struct Nonce {
  std::string realm, nonce, qop, count, clientNonce;
};

inline std::string digestOf(const Account& account, const Request& request, const Nonce& used) {
  const std::string secret = md5(account.username + ":" + used.realm + ":" + account.password);
  const std::string middle = used.qop.empty() ? used.nonce : used.nonce + ":" + used.count + ":" + used.clientNonce + ":" + used.qop;
  return md5(secret + ":" + middle + ":" + md5(request.method + ":" + request.uri));
}

/// The server's side: true where the header proves the password for this request.
inline bool proves(std::string_view authorization, const Account& account, const std::string& method) {
  const auto part = [&](std::string_view name) { return parameterOf(authorization, name); };
  const Nonce used{part("realm"), part("nonce"), part("qop"), part("nc"), part("cnonce")};
  return part("username") == account.username && part("response") == digestOf(account, {method, part("uri")}, used);
}

}  // namespace bench
