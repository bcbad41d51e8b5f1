// Paths and names of files, as lists and folders of videos have them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow {

// Whether something of that name, or a folder, is there; what cannot be looked at is not.
bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

// What stands in a folder, in natural order, but for hidden names; nothing where it cannot be read.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

// A folder's files whose names end so, in natural order; a file itself, whatever its name.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& list, std::string_view suffix);

// The path as it stands below the root; as it is where it does not.
std::string relative_name(const std::filesystem::path& path, const std::filesystem::path& root);

// The last part of a path or URL, as it is written on any system.
std::string last_name(std::string_view path);

// Whether there is nothing to be resolved in it.
bool is_plain(std::string_view path);
// A path that two ways of writing it share: without "." and "..".
std::string normal_path(const std::filesystem::path& path);

}  // namespace actionflow
