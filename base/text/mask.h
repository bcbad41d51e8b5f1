// Credentials in text that people see: every log line, error, printed configuration and name of a source
// passes through here. In doubt it masks.
//
// Masked are, in an address, what stands before its host's '@' ("rtsp://user:password@camera/1", also without
// "//" or without a scheme), and anywhere the value of a key that sounds secret ("?token=…", "pin=…"). From
// any thread.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// "rtsp://***@camera/1?token=***"
std::string without_credentials(const std::string& text);

// The same with one star for each byte, so that columns stay.
std::string with_credentials_starred(std::string_view text);

}  // namespace actionflow
