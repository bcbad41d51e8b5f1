// Passwords in text that people see.
//
// A source's own messages name it without credentials (datasets/video/source.h); this is the net below:
// every log line, every error of a configuration and every printed configuration passes through it.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// "rtsp://user:password@camera/1?token=x" with user, password and the values of secret keys as stars,
// one for each byte, so that columns stay. In doubt it masks.
std::string without_passwords(std::string_view text);

}  // namespace actionflow
