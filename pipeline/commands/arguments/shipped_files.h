// Files that come with the program, found by name: `--model action_cnn3d` from any folder, also when
// installed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace actionflow {

// `named`, where it is a path that exists or has a folder; else configs/FOLDER/NAME or NAME+SUFFIX of those
// that came with the program: ../share/actionflow/ beside an installed one, ../ beside one in its build
// folder. Where nothing is found: `named`, for the error of whoever opens it.
std::string find_shipped(const std::string& named, const std::string& folder, const std::string& suffix);

// Every file of configs/FOLDER that came with the program and has this suffix, by name.
std::vector<std::filesystem::path> shipped_files(const std::string& folder, const std::string& suffix);

inline std::string find_model(const std::string& named) { return find_shipped(named, "models", ".yaml"); }
inline std::string find_weights(const std::string& named) {
  return find_shipped(named, "weights", ".safetensors");
}
inline std::string find_names(const std::string& named) { return find_shipped(named, "names", ".yaml"); }

}  // namespace actionflow
