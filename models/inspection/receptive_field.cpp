#include "models/inspection/receptive_field.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {
namespace {

constexpr std::size_t kTime = 0, kHeight = 1, kWidth = 2;

std::array<std::int64_t, 3> extents_of(const Extents& e) { return {e.t, e.h, e.w}; }

class FieldOf {
 public:
  FieldOf(const Graph& graph, const GraphNode& node, ReceptiveField of_inputs)
      : clip_(extents_of(graph.input)),
        in_(graph.extents(node.inputs.front())),
        out_(node.extents),
        field_(of_inputs) {}

  ReceptiveField operator()(const Convolution& c) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      slide(axis, (c.kernel[axis] - 1) * c.dilation[axis], c.stride[axis]);
    return clipped();
  }
  ReceptiveField operator()(const Pooling& p) {
    for (std::size_t axis = 0; axis < 3; ++axis) slide(axis, p.kernel[axis] - 1, p.stride[axis]);
    return clipped();
  }
  ReceptiveField operator()(const Reduction& reduction) {
    if (reduction.time) all_of(kTime);
    if (reduction.space) all_of(kHeight), all_of(kWidth);
    return field_;
  }
  ReceptiveField operator()(const TimeShift&) {
    slide(kTime, 2, 1);
    return clipped();
  }
  ReceptiveField operator()(const SelectFrames& select) {
    const bool several = select.frames.size() > 1;
    slide(kTime, 0, several ? std::abs(select.frames[1] - select.frames[0]) : 1);
    return clipped();
  }
  ReceptiveField operator()(const Recurrent&) { return whole_of(kTime); }
  // A sample's state goes one kernel further with each step.
  ReceptiveField operator()(const ConvLstm& lstm) {
    slide(kHeight, (lstm.kernel[0] - 1) * (in_.t - 1), 1);
    slide(kWidth, (lstm.kernel[1] - 1) * (in_.t - 1), 1);
    all_of(kTime);
    return clipped();
  }
  ReceptiveField operator()(const CumulativeMean&) { return whole_of(kTime); }
  ReceptiveField operator()(const History&) { return whole_of(kTime); }
  ReceptiveField operator()(const Attention& attention) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (attention.window[axis] == 0)
        all_of(axis);
      else
        slide(axis, attention.window[axis] - 1, 1);
    }
    return clipped();
  }
  ReceptiveField operator()(const MatMul&) { return whole(); }
  ReceptiveField operator()(const Reshape&) {
    return in_.positions() == out_.positions() && kept() ? field_ : whole();
  }
  ReceptiveField operator()(const Permute& permute) {
    return permute.order == std::array<int, 4>{0, 1, 2, 3} ? field_ : whole();
  }
  ReceptiveField operator()(const Concat& concat) {
    if (concat.axis == ValueAxis::t) all_of(kTime);
    if (concat.axis == ValueAxis::h) all_of(kHeight);
    if (concat.axis == ValueAxis::w) all_of(kWidth);
    return field_;
  }
  ReceptiveField operator()(const Constant&) { return {.extent = {0, 0, 0}}; }
  // What works at each position by itself.
  template <class Other>
  ReceptiveField operator()(const Other&) {
    return field_;
  }

 private:
  bool kept() const { return in_.t == out_.t && in_.h == out_.h && in_.w == out_.w; }

  void slide(std::size_t axis, std::int64_t reach, std::int64_t stride) {
    field_.extent[axis] += reach * field_.stride[axis];
    field_.stride[axis] = std::min(field_.stride[axis] * stride, std::max<std::int64_t>(clip_[axis], 1));
  }
  void all_of(std::size_t axis) { field_.extent[axis] = field_.stride[axis] = clip_[axis]; }
  ReceptiveField whole_of(std::size_t axis) {
    all_of(axis);
    return field_;
  }
  ReceptiveField whole() { return {clip_, clip_}; }
  ReceptiveField clipped() {
    for (std::size_t axis = 0; axis < 3; ++axis)
      field_.extent[axis] = std::min(field_.extent[axis], clip_[axis]);
    return field_;
  }

  std::array<std::int64_t, 3> clip_;
  Extents in_, out_;
  ReceptiveField field_;
};

// The widest of the inputs along each axis.
ReceptiveField joined(const GraphNode& node, const std::vector<ReceptiveField>& before) {
  ReceptiveField field{.extent = {0, 0, 0}};
  for (const int input : node.inputs) {
    const ReceptiveField own = input < 0 ? ReceptiveField{} : before[static_cast<std::size_t>(input)];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      field.extent[axis] = std::max(field.extent[axis], own.extent[axis]);
      field.stride[axis] = std::max(field.stride[axis], own.stride[axis]);
    }
  }
  return field;
}

}  // namespace

std::string to_string(const ReceptiveField& field) {
  return fmt::format("{}×{}×{}", field.extent[0], field.extent[1], field.extent[2]);
}

std::vector<ReceptiveField> receptive_fields(const Graph& graph) {
  std::vector<ReceptiveField> fields;
  for (const GraphNode& node : graph.nodes)
    fields.push_back(std::visit(FieldOf(graph, node, joined(node, fields)), node.operation));
  return fields;
}

}  // namespace actionflow
