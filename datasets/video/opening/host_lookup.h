// The host of a network source, looked up before FFmpeg connects, for a clear message.
#pragma once

#include <string>

namespace actionflow {

// "camera" of "rtsp://user:password@camera:554/1", "::1" of "http://[::1]/x".
std::string host_of(const std::string& address);

// Throws SourceError where the name is not known. Blocks as long as the system's look-up does, which
// nothing interrupts: to be called where the thread can be abandoned.
void require_known_host(const std::string& address, const std::string& shown);

}  // namespace actionflow
