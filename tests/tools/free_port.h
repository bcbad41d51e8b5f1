// A port of this machine that nobody listens at.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace actionflow::testing {

// `kind`: SOCK_STREAM (TCP) or SOCK_DGRAM (UDP).
inline int free_port(int kind = SOCK_STREAM) {
  const int fd = socket(AF_INET, kind, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace actionflow::testing
