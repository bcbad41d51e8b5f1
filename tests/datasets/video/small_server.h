// A TCP server on loopback for tests: each connection is handed to a function in a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace actionflow::testing {

class SmallServer;

class Connection {
 public:
  Connection(int socket, const std::atomic<bool>& closing) : socket_(socket), closing_(closing) {}
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Up to the empty line that ends a request's head; empty when the other side is gone.
  std::string read_head() const {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char byte = 0;
      if (!wait(POLLIN) || ::recv(socket_, &byte, 1, 0) != 1) return {};
      head += byte;
    }
    return head;
  }

  // So many bytes more; fewer when the other side is gone.
  std::string read_bytes(std::size_t count) const {
    std::string bytes;
    char byte = 0;
    while (bytes.size() < count && wait(POLLIN) && ::recv(socket_, &byte, 1, 0) == 1) bytes += byte;
    return bytes;
  }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      if (!wait(POLLOUT)) return false;
      const ssize_t sent =
          ::send(socket_, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 16), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Says nothing until the other side goes or the server closes.
  void stay_silent() const {
    char byte = 0;
    while (wait(POLLIN) && ::recv(socket_, &byte, 1, 0) == 1) {
    }
  }

 private:
  bool wait(short event) const {
    constexpr int kPollMs = 20;
    while (!closing_) {
      pollfd waiting{socket_, event, 0};
      if (::poll(&waiting, 1, kPollMs) > 0) return true;
    }
    return false;
  }

  int socket_;
  const std::atomic<bool>& closing_;
};

class SmallServer {
 public:
  using Handler = std::function<void(const Connection&)>;

  explicit SmallServer(Handler handler) : handler_(std::move(handler)) { start(); }
  ~SmallServer() { stop(); }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  // Cuts all connections; new ones are refused.
  void stop() {
    if (!acceptor_.joinable()) return;
    closing_ = true;
    acceptor_.join();
    for (std::thread& each : connections_) each.join();
    connections_.clear();
    ::close(socket_);
  }
  // At the port that it had.
  void start() {
    closing_ = false;
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 16) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port on loopback");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  std::string address(const std::string& scheme, const std::string& path) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void accept_all() {
    constexpr int kPollMs = 20;
    while (!closing_) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, kPollMs) <= 0) continue;
      const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      connections_.emplace_back([this, accepted] { handler_(Connection(accepted, closing_)); });
    }
  }

  Handler handler_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<bool> closing_{false};
  std::thread acceptor_;
  std::vector<std::thread> connections_;
};

}  // namespace actionflow::testing
