// What a person says of a file whose tensors have other names than PyTorch's rules give (`--names MAP.yaml`):
//
//   stem.0: backbone.conv1.conv        # ours: theirs, of a layer or a block
//   fc.kernel: cls_head.fc_cls.weight  # or of one parameter
//   layer*.*.conv1.0: layer*.*.conv1   # * stands for what it stands for in ours, in order
//   query.kernel: attn.qkv.weight[0/3] # the first of three equal blocks of rows (tensor_part.h)
//   ignore: [head_aux]                 # theirs that belong to no layer
//   models: [slow_r50]                 # whose names these are, for inspect to try
//
// `*` is any characters but a point. The longest name of ours that begins a parameter's counts, of equally
// long ones that with fewer `*`.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/description/architecture.h"

namespace actionflow {

class NameMap {
 public:
  NameMap() = default;
  NameMap(std::map<std::string, std::string> theirs, std::vector<std::string> ignored)
      : theirs_(std::move(theirs)), ignored_(std::move(ignored)) {}

  // The file's name for a tensor that is called `tensor` by the rules.
  std::string theirs(const Parameter& parameter, const std::string& tensor) const;
  bool ignores(std::string_view theirs) const;

 private:
  std::map<std::string, std::string> theirs_;
  std::vector<std::string> ignored_;
};

// Throws config::ConfigError for a file that is no such map, and names of ours that the network has not.
NameMap load_name_map(const std::filesystem::path& file, const Architecture& architecture);

// The model files that it names, without folder and suffix; none where it names none.
std::vector<std::string> models_of_name_map(const std::filesystem::path& file);

}  // namespace actionflow
