// One request to a server on this machine, over a plain socket: what is sent is what the test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace actionflow::testing {

// A connection to a port of this machine; closed with the object.
class Connected {
 public:
  explicit Connected(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(socket_);
      throw std::runtime_error("nobody listens");
    }
  }
  Connected(Connected&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~Connected() {
    if (socket_ >= 0) close(socket_);
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

  // False once the other side has closed.
  bool send(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t count = ::send(socket_, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (count <= 0) return false;
      at += static_cast<std::size_t>(count);
    }
    return true;
  }
  // Until the other side closes.
  std::string receive_all() const {
    return receive_until([](const std::string&) { return false; });
  }
  // Or until this is enough.
  template <class Enough>
  std::string receive_until(Enough enough) const {
    std::string all;
    char bytes[4096];
    for (ssize_t count; !enough(all) && (count = recv(socket_, bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<std::size_t>(count));
    return all;
  }

 private:
  int socket_;
};

struct HttpReply {
  int status = 0;                              // 0: closed without an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

inline HttpReply parse_reply(const std::string& text) {
  HttpReply reply;
  const std::size_t head = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head == std::string::npos) return reply;
  reply.status = std::stoi(text.substr(9, 3));
  reply.body = text.substr(head + 4);
  for (std::size_t at = text.find("\r\n") + 2; at < head;) {
    const std::size_t end = text.find("\r\n", at);
    const std::size_t colon = text.find(": ", at);
    std::string name = text.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    reply.headers[name] = text.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  return reply;
}

using HttpHeaders = std::map<std::string, std::string>;

inline HttpReply http_ask(int port, const std::string& method, const std::string& target,
                          HttpHeaders headers = {}, const std::string& body = {}) {
  headers.try_emplace("Host", "127.0.0.1:" + std::to_string(port));
  headers.try_emplace("Connection", "close");
  if (!body.empty()) headers.try_emplace("Content-Length", std::to_string(body.size()));
  std::string text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  const Connected connection(port);
  connection.send(text + "\r\n" + body);
  return parse_reply(connection.receive_all());
}

inline HttpReply http_get(int port, const std::string& target, HttpHeaders headers = {}) {
  return http_ask(port, "GET", target, std::move(headers));
}

}  // namespace actionflow::testing
