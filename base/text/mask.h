// Credentials in text that people see: every log line, error, printed configuration and name of a source
// passes through here. In doubt it masks.
//
// Masked are, in an address, what stands before its host's '@', all that a query says but for few plain keys,
// a web hook's path and what looks like a key in it, but for the names of videos on web servers; anywhere
// what stands before the '@' of "user:password@host", and the value of a key that sounds secret ("pin=…",
// also written with %XX). From any thread.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// "rtsp://***@camera/1?token=***"
std::string without_credentials(const std::string& text);

// A line of a configuration: the same with one star for each byte, so that columns stay, and the values of
// keys that name a secret starred, too: "password: ******".
std::string with_credentials_starred(std::string_view line);

// Whether a key of a configuration has a secret for its value: password, client_secret, token, url, …
bool names_a_secret(std::string_view key);

}  // namespace actionflow
