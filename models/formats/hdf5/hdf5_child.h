// Keras' HDF5 files, read in a process of their own.
//
// The HDF5 library crashes and hangs on damaged files, so it never runs in the program's own
// process: the program starts itself again with a hidden argument, under limits on time and memory,
// and takes what comes back over a pipe as it would take any stranger's bytes.
//
// main() must begin with run_hdf5_child(), before any thread or library is started:
//
//   int main(int argc, char** argv) {
//     if (const auto code = run_hdf5_child(argc, argv)) return *code;
//
// May be called from any thread, also beside running threads (the child is spawned, not forked off).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow {

// A weight as the file has it: Keras' axes, Keras' names.
//
// Keras 2 and .h5 of Keras 3 name each weight. .weights.h5 and the file inside a .keras number them: then the
// layer is its name, "outer/inner" where it stands in a model within, or, where the file holds no names, its
// groups, "layers/conv3d_1"; the weight is "vars/0", or "forward_layer/cell/vars/0".
struct KerasWeight {
  std::string layer;  // "conv3d_3"
  std::string name;   // "conv3d_3/kernel:0"
  Tensor value;
};

struct KerasFile {
  std::string model_config;   // JSON, empty where the file holds weights only
  std::string keras_version;  // of the Keras that wrote it, "2.15.0"; empty where the file does not say
  std::vector<KerasWeight> weights;  // in the file's order of layers and weights
  bool whole = true;                 // false: the weights are more than was allowed, and were left out
};

// Throws ModelError: not HDF5, not Keras', damaged, or over the limits on time and memory.
//
// Limits follow the file: tensors may take four times its size, as 8-bit values do that are stored as they
// are. What takes more is compressed, and `whole` is false. Time grows with the limit.
KerasFile read_keras_file(const std::filesystem::path& file);
// The same for such files, of which the network's size is known by now: tensors may take `network_bytes`,
// what its parameters are in float32, as far as compression can hold them in the file. More is refused.
KerasFile read_keras_file(const std::filesystem::path& file, std::uint64_t network_bytes);

// An HDF5 file with these tensors, by their paths in it ("layers/conv3d/vars/0"), and groups with the
// attribute `name`; written by such a child, too. Throws Error.
struct Hdf5Content {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> group_names;
};
std::string hdf5_file(const Hdf5Content& content);

// The exit code when this process is such a child, which has then done its work; else nothing.
std::optional<int> run_hdf5_child(int argc, char** argv);

}  // namespace actionflow
