// An H.264 elementary stream as RTP packets ready to send (RFC 6184): only sequence, timestamp, SSRC and mark are put in later.
#pragma once
#include <fstream>
#include <iterator>

#include "wire.hpp"

namespace bench {

constexpr size_t packetHead = 4 + 12;

struct Picture {
  std::string wire;              // whole interleaved packets
  std::vector<size_t> packets;   // where each begins
  size_t mark = 0;               // where the digits of the mark go: in the first packet
};

class Clip {
 public:
  std::vector<Picture> pictures;
  std::string parameterSets;  // as sprop-parameter-sets has them

  /// `filler` bytes of filler data are added to each picture, for a heavier stream.
  Clip(const std::string& file, size_t filler) : filler_(filler) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    std::vector<std::string_view> units;
    const std::string_view start("\0\0\1", 3);
    for (size_t at = bytes.find(start); at != std::string::npos;) {
      const size_t next = bytes.find(start, at + 3);
      std::string_view unit = std::string_view(bytes).substr(at + 3, next == std::string::npos ? next : next - at - 3);
      while (!unit.empty() && unit.back() == '\0') unit.remove_suffix(1);
      if (!unit.empty()) add(unit, units);
      at = next;
    }
    if (!units.empty()) finish(units);
  }

 private:
  static int typeOf(std::string_view unit) { return unit[0] & 31; }
  static bool slice(std::string_view unit) { return typeOf(unit) == 1 || typeOf(unit) == 5; }

  void add(std::string_view unit, std::vector<std::string_view>& units) {
    const int type = typeOf(unit);
    if (type == 6 || type == 9 || type == 12) return;  // the encoder's own SEI, delimiters, filler
    const bool begins = !slice(unit) || (unit[1] & 0x80);  // first_mb_in_slice = 0
    if (begins && !units.empty() && slice(units.back())) finish(units);
    if ((type == 7 || type == 8) && pictures.empty()) parameterSets += (parameterSets.empty() ? "" : ",") + base64(unit);
    units.push_back(unit);
  }

  void finish(std::vector<std::string_view>& units) {
    Picture picture;
    std::string mark = std::string("\x06\x05", 2) + char(markName.size() + markDigits) + std::string(markName);
    picture.mark = packetHead + mark.size();
    mark += std::string(markDigits, '0') + '\x80';
    packetise(picture, mark);
    for (std::string_view unit : units) packetise(picture, unit);
    if (filler_ > 0) packetise(picture, '\x0c' + std::string(filler_, '\xff') + '\x80');
    picture.wire[picture.packets.back() + 5] |= char(0x80);  // marker: the picture ends
    pictures.push_back(std::move(picture));
    units.clear();
  }

  static void packetise(Picture& picture, std::string_view unit) {
    constexpr size_t most = 1400;
    if (unit.size() <= most) {
      packet(picture, unit);
      return;
    }
    const char indicator = char((unit[0] & 0x60) | 28);  // FU-A
    for (size_t at = 1; at < unit.size(); at += most - 2) {
      const size_t size = std::min(most - 2, unit.size() - at);
      std::string fragment{indicator, char((unit[0] & 31) | (at == 1 ? 0x80 : 0) | (at + size == unit.size() ? 0x40 : 0))};
      packet(picture, fragment.append(unit.substr(at, size)));
    }
  }

  static void packet(Picture& picture, std::string_view payload) {
    char head[packetHead] = {'$', 0, 0, 0, char(0x80), 96};
    putBe16(head + 2, uint16_t(12 + payload.size()));
    picture.packets.push_back(picture.wire.size());
    picture.wire.append(head, packetHead).append(payload);
  }

  static std::string base64(std::string_view bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 3) {
      uint32_t bits = 0;
      for (size_t part = 0; part < 3; ++part) bits = bits << 8 | (at + part < bytes.size() ? uint8_t(bytes[at + part]) : 0);
      for (size_t part = 0; part < 4; ++part) text += at + part > bytes.size() ? '=' : digits[bits >> (18 - 6 * part) & 63];
    }
    return text;
  }

  size_t filler_;
};

}  // namespace bench
