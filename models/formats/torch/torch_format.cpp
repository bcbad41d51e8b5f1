#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/mapped_file.h"
#include "models/formats/named_model.h"
#include "models/formats/torch/torch_file.h"
#include "models/formats/torch/torch_writer.h"
#include "models/formats/weight_format.h"
#include "models/formats/zip/zip_directory.h"

namespace actionflow {
namespace {

bool recognises_torch(const FileHead& head) {
  if (torch::begins_as_pickle(head.bytes)) return true;
  if (!head.bytes.starts_with(kZipSignature)) return false;
  const MappedFile file(head.path);
  try {
    return torch::is_torch_zip(file.bytes(), head.path.string());
  } catch (const ModelError&) {
    return false;  // a damaged archive tells by its suffix what it was
  }
}

FileModel read_torch(const std::filesystem::path& path, const ReadOptions& options) {
  const MappedFile file(path);
  return model_of_tensors(torch::read_state_dict(file.bytes(), path.string()), options, path.string(),
                          {&file, 1});
}

std::vector<ListedTensor> list_torch(const std::filesystem::path& path) {
  const MappedFile file(path);
  return listed_tensors(torch::read_state_dict(file.bytes(), path.string()));
}

void write_torch(const Model& model, const std::filesystem::path& path, const WriteOptions& options) {
  torch::write_state_dict(torch_weights(model, options.names), path);
}

}  // namespace

WeightFormat torch_format() {
  return {.name = "PyTorch",
          .suffixes = {".pth", ".pt", ".pyth", ".ckpt", ".bin"},
          .recognises = recognises_torch,
          .read = read_torch,
          .write = write_torch,
          .list = list_torch};
}

}  // namespace actionflow
