#include "models/formats/onnx/folding/constant_folding.h"

#include "models/formats/onnx/folding/folding.h"

namespace actionflow::onnx {
namespace {

const Folders& folders() {
  static const Folders all = [] {
    Folders joined = shape_folders();
    joined.merge(part_folders());
    joined.merge(arithmetic_folders());
    return joined;
  }();
  return all;
}

}  // namespace

bool can_fold(const Node& node) { return folders().contains(node.op); }

Array fold(const Node& node, const std::vector<const Array*>& inputs, std::int64_t most_elements) {
  return folders().at(node.op)({node, inputs, most_elements});
}

}  // namespace actionflow::onnx
