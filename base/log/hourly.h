// What is said again with each connection or event, by something that does not live as long: once an hour.
#pragma once

#include <string_view>

#include "base/log/log.h"

namespace actionflow::log {

// The first time at once, then at most once an hour, with how often it was meanwhile: "… (12 more)". Messages
// are told apart by their text. From any thread.
void hourly(Level at, std::string_view message, const Clock& clock = Clock::system());

}  // namespace actionflow::log
