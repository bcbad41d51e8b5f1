// How busy the machine is, with whatever runs on it: to tell what a measurement was disturbed by.
#pragma once

#include <filesystem>

namespace actionflow {

// Seconds of processor time that all programs, the system and, on a virtual machine, its neighbours have
// taken since the machine started; 0 where it does not say.
double busy_seconds(const std::filesystem::path& stat = "/proc/stat");

// Those of the machine, whatever this process may use of them; at least 1.
int machine_processors();

}  // namespace actionflow
