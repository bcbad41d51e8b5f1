// A kind of file that holds a network's weights: how it is told from others, read and written.
//
// A format is a folder below this one; weight_format.cpp lists all. What a format gives is not trusted: that
// the weights fit the network, are finite and so on is looked at in weight_files.cpp, for all formats alike.
// Functions may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "models/formats/names/time_change.h"
#include "models/formats/stored/stored_tensor.h"
#include "models/weights/model.h"

namespace actionflow {

class NameMap;  // models/formats/names/name_map.h

// What a format is told by. `bytes`: the file's first 64, or all it has.
struct FileHead {
  std::filesystem::path path;
  std::string bytes;
  std::uint64_t size = 0;
};

struct ReadOptions {
  const Architecture* architecture = nullptr;  // of the model file that was named beside it, if any
  // The weights of another network than `architecture` will do.
  bool partly = false;
  // Kernels of pictures become kernels of clips. A file that describes its own network gives them as they
  // are.
  std::optional<TimeChange> time_change = {};
  const NameMap* names =
      nullptr;  // where the file calls its tensors otherwise than its format's rules have it

  // Whether a file that describes another network is read all the same.
  bool takes_other_networks() const { return partly || time_change; }
};

// The network that a file describes.
struct FileDescription {
  std::string yaml;              // a model file, as a person would like to read it
  bool says_input_form = false;  // frame rate, colour, range, mean, std and resize are the file's
  bool open_extents = false;     // frames, height or width were open and have been filled
};

// What a file gave. `model.architecture` is the one that counts: the file's, or ReadOptions::architecture.
struct FileModel {
  Model model;
  std::optional<FileDescription> description;  // where the file holds an architecture
  std::vector<std::string> notes;              // for the person who converts it
  // Where the weights were found by name and `partly`: ours whose tensor has another shape (the file's), and
  // the file's that no layer has.
  std::map<std::string, Shape> other_shapes;
  std::vector<std::string> unused;
};

struct WriteOptions {
  // Not null: tensors are called as PyTorch calls them, or as the map says. Formats without names of their
  // own leave it aside.
  const NameMap* names = nullptr;
};

// As a foreign file has it, for a person to read.
struct ListedTensor {
  std::string name;
  ElementType type = ElementType::f32;
  Shape shape;
};

struct WeightFormat {
  std::string_view name;                   // "Keras HDF5", for messages
  std::vector<std::string_view> suffixes;  // of files to write; to read, where the content tells nothing
  bool (*recognises)(const FileHead& head) = nullptr;
  // Throws ModelError that names the file: damaged, or of another network.
  FileModel (*read)(const std::filesystem::path& file, const ReadOptions& options) = nullptr;
  // Replaces the file atomically. Null where the format is read only. The weights fit the architecture.
  void (*write)(const Model& model, const std::filesystem::path& file, const WriteOptions& options) = nullptr;
  // What the file holds, whatever network it is of. Null where the file tells its architecture. Throws as
  // `read`.
  std::vector<ListedTensor> (*list)(const std::filesystem::path& file) = nullptr;
};

// Defined in the format's folder.
WeightFormat safetensors_format();
WeightFormat keras_hdf5_format();
WeightFormat keras_archive_format();
WeightFormat keras_weights_format();
WeightFormat torch_format();
WeightFormat sharded_safetensors_format();
WeightFormat onnx_format();

// In the order in which they are asked whether they recognise a file.
const std::vector<WeightFormat>& weight_formats();
// Throws ModelError for a file that cannot be opened and for one that no format recognises.
const WeightFormat& weight_format_of(const std::filesystem::path& file);
// By the suffix of a file to write; UsageError that lists what is written.
const WeightFormat& weight_format_to_write(const std::filesystem::path& file);

// ---- for formats ----

// A description inside a weights file: what is wrong with it is that file's fault, a ModelError.
Architecture parse_held_architecture(const std::string& yaml, const std::string& file);
// Throws ModelError where the file's network computes something else than the one that was named.
void refuse_other_network(const Architecture& held, const Architecture& named, const std::string& file);
// The file holds no architecture and none was named.
class NoArchitectureError : public ModelError {
 public:
  explicit NoArchitectureError(const std::string& file)
      : ModelError(file + ": holds weights only; name the network's file with --model") {}
};

}  // namespace actionflow
