// Messages as the bodies of HTTP POST requests: the one place that includes libcurl.
//
// 2xx says that the receiver has it. 400, 406, 409, 413, 415, 422 and 431 find fault with the message, which
// is refused for good. After any other answer, a redirection or a refused token among them, and after none in
// time, it is tried again. Servers of https:// are verified. Each request bears
//   X-Actionflow-Delivery: NUMBER        the same for each try of one message, greater for later ones
//   X-Actionflow-Timestamp: SECONDS      since 1970, of this try
//   X-Actionflow-Signature: sha256=HEX   with a secret: HMAC-SHA256 of "TIMESTAMP.BODY"
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/machine/clock.h"
#include "nodes/delivery/delivery.h"

namespace actionflow {

struct HttpReceiver {
  std::string url;          // http:// or https://
  std::string secret = {};  // empty: no signature
  std::map<std::string, std::string> headers = {};
  std::filesystem::path authority = {};  // certificates in PEM that sign the server's; empty: the system's
  double timeout_seconds = 10;           // for a whole try

  bool is_https() const { return url.starts_with("https://"); }
  // In the address, or in a header.
  bool tells_password() const;
};

class HttpDelivery : public Delivery {
 public:
  explicit HttpDelivery(HttpReceiver receiver, const Clock& clock = Clock::system());
  ~HttpDelivery() override;

  bool deliver(const Message& message) override;

  // Whether it is an address of the kind that is taken.
  static bool is_address(const std::string& url);

 private:
  struct Handle;
  void add_header(const std::string& line);

  const HttpReceiver receiver_;
  const Clock& clock_;
  const std::unique_ptr<Handle> handle_;
};

}  // namespace actionflow
