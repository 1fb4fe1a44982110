// The talk of an RTSP client until it plays: DESCRIBE, SETUP of the first video track over the connection itself, PLAY (RFC 2326 §10).
#pragma once
#include "digest.hpp"
#include "wire.hpp"

namespace bench {

class Dialogue {
 public:
  Dialogue(std::string url, Account account) : url_(std::move(url)), account_(std::move(account)) {}

  std::string sdp;
  bool playing = false;
  /// Status that ended the talk; 0 while it goes on.
  int refused = 0;

  std::string begin() { return ask("DESCRIBE", url_, "Accept: application/sdp\r\n"); }

  /// What to say to this answer; empty: nothing.
  std::string answer(std::string_view head, std::string_view body) {
    const int status = head.size() > 12 ? atoi(std::string(head.substr(9, 3)).c_str()) : 0;
    if (playing) return "";
    if (status == 401 && !challenged_) return meet(head);
    if (status != 200) {
      refused = status;
      return "";
    }
    if (asked_.method == "DESCRIBE") {
      sdp = body;
      return ask("SETUP", trackOf(head), "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    }
    if (asked_.method == "SETUP") {
      const std::string session = headerOf(head, "Session");
      return ask("PLAY", url_, "Session: " + session.substr(0, session.find(';')) + "\r\nRange: npt=now-\r\n");
    }
    playing = true;
    return "";
  }

 private:
  std::string ask(const std::string& method, const std::string& uri, const std::string& headers) {
    asked_ = {method, uri};
    headers_ = headers;
    cseq_ += 1;
    std::string text = method + " " + uri + " RTSP/1.0\r\nCSeq: " + std::to_string(cseq_) + "\r\n" + headers;
    if (challenged_) {
      char count[9];
      snprintf(count, sizeof count, "%08x", ++used_);
      if (!nonce_.qop.empty()) nonce_.count = count;
      text += "Authorization: Digest username=\"" + account_.username + "\", realm=\"" + nonce_.realm + "\", nonce=\"" + nonce_.nonce + "\", uri=\"" +
              uri + "\", response=\"" + digestOf(account_, asked_, nonce_) + "\"";
      if (!nonce_.qop.empty()) text += ", qop=auth, nc=" + nonce_.count + ", cnonce=\"" + nonce_.clientNonce + "\"";
      text += "\r\n";
    }
    return text + "\r\n";
  }

  std::string meet(std::string_view head) {
    for (const std::string& challenge : headersOf(head, "WWW-Authenticate")) {
      const std::string algorithm = parameterOf(challenge, "algorithm");
      if (!algorithm.empty() && algorithm != "MD5") continue;
      nonce_ = {parameterOf(challenge, "realm"), parameterOf(challenge, "nonce"), parameterOf(challenge, "qop"), "", "0badcafe"};
      challenged_ = true;
    }
    if (challenged_) return ask(asked_.method, asked_.uri, headers_);
    refused = 401;
    return "";
  }

  std::string trackOf(std::string_view head) const {
    const size_t video = sdp.find("m=video");
    const size_t at = video == std::string::npos ? video : sdp.find("a=control:", video);
    if (at == std::string::npos) return url_;
    const std::string control = sdp.substr(at + 10, sdp.find_first_of("\r\n", at) - at - 10);
    if (control.rfind("rtsp://", 0) == 0) return control;
    std::string base = headerOf(head, "Content-Base");
    if (base.empty()) base = url_;
    return base + (base.back() == '/' ? "" : "/") + control;
  }

  std::string url_;
  Account account_;
  Request asked_;
  std::string headers_;
  Nonce nonce_;
  bool challenged_ = false;
  unsigned used_ = 0;
  int cseq_ = 0;
};

}  // namespace bench
