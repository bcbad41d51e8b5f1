// Files of servers that are needed whole: small ones in memory, others on this machine's disk.
//
// Copies stand in ACTIONFLOW_CACHE, or else in actionflow/ of XDG_CACHE_HOME or of ~/.cache, all processes'
// in one folder, and one process fetches what others wait for. The server is asked each time whether its file
// is still the same. They take ACTIONFLOW_CACHE_GB of disk, 10 unless that is set, or a little more: beyond
// it those used longest ago go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/remote/remote_file.h"

namespace actionflow {

// Throws UsageError where ACTIONFLOW_CACHE_GB is no size, before anything is fetched.
void check_cache_size();

// All throw SourceError and ServerLost as RemoteFile does. This one also for a file of more bytes.
std::string read_remote(const std::string& address, std::uint64_t most_bytes);

// Where the file stands on this machine, under its own name: what is no address is where it says. Throws
// SourceError as RemoteFile does, Error where the disk does not take it.
std::filesystem::path local_copy(const std::filesystem::path& file);

// The same of a video's address, which can be read where it lies as well: nothing where the copies' room does
// not hold it, the disk does not take it, or the server does not say versions.
std::optional<std::filesystem::path> copy_where_room(const std::string& address);

// What was made of a server's file, `what` in a word: kept with the copies, and made once for each version of
// the file. Made each time where the disk does not take it, or the server does not say versions.
std::string kept_of(const std::string& address, const RemoteFile& file, const std::string& what,
                    const std::function<std::string()>& make);

}  // namespace actionflow
