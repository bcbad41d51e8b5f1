#include "datasets/video/opening/host_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include "base/error.h"

namespace actionflow {

std::string host_of(const std::string& address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos) return {};
  std::string authority = address.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string::npos)
    authority = authority.substr(at + 1);
  if (!authority.empty() && authority.front() == '[') return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

void require_known_host(const std::string& address, const std::string& shown) {
  const std::string host = host_of(address);
  if (host.empty())
    throw SourceError(shown + ": the address has no host; write rtsp://host/path or the like");
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (found) ::freeaddrinfo(found);
  if (result != 0)
    throw SourceError(shown + ": the name '" + host + "' is not known (" + ::gai_strerror(result) +
                      "); check the address and the name server");
}

}  // namespace actionflow
