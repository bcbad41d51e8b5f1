// What slides windows and what takes parts, for NetworkWriter.
#include "models/formats/keras/keras_network_writer.h"

#include <algorithm>

#include "models/formats/keras/keras_written_kernel.h"
#include "models/graph/traits.h"

namespace actionflow::keras {

template <class Window>
bool NetworkWriter::is_same_padding(const Window& window, const Axes& dilation) const {
  const Extents& in = input_extents();
  const std::array<std::int64_t, 3> extents{in.t, in.h, in.w};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t reach = std::int64_t{dilation[axis]} * (window.kernel[axis] - 1) + 1;
    const std::int64_t steps = (extents[axis] + window.stride[axis] - 1) / window.stride[axis];
    const std::int64_t total =
        std::max<std::int64_t>((steps - 1) * window.stride[axis] + reach - extents[axis], 0);
    if (window.pad_begin[axis] != total / 2 || window.pad_end[axis] != total - total / 2) return false;
  }
  return true;
}

template <class Window>
NetworkWriter::Padded NetworkWriter::pad(const Window& window, const Axes& dilation, bool zeros) {
  const Axes none{0, 0, 0};
  if (std::ranges::max(window.stride) > 1 && std::ranges::max(dilation) > 1)
    refuse("has both strides and dilation");
  if (window.pad_begin == none && window.pad_end == none) return {};
  if (is_same_padding(window, dilation)) return {"same", {}};
  if (!zeros) refuse("pads so; 'valid' and 'same' there are");
  Extents padded = input_extents();
  padded.t += window.pad_begin[0] + window.pad_end[0];
  padded.h += window.pad_begin[1] + window.pad_end[1];
  padded.w += window.pad_begin[2] + window.pad_end[2];
  Json sides = Json::array();
  for (std::size_t axis = 0; axis < 3; ++axis)
    sides.push_back(Json::array({window.pad_begin[axis], window.pad_end[axis]}));
  return {"valid", add_beside("ZeroPadding3D", "pad", {{"padding", sides}}, inputs()[0], padded)};
}

template NetworkWriter::Padded NetworkWriter::pad(const Convolution&, const Axes&, bool);

void NetworkWriter::add(const Convolution& c) {
  if (c.repeats != 1) refuse("has parts of its channels share one kernel");
  const Padded padded = pad(c, c.dilation, true);
  add_own("Conv3D",
          {{"filters", c.filters},
           {"kernel_size", axes(c.kernel)},
           {"strides", axes(c.stride)},
           {"padding", padded.padding},
           {"data_format", "channels_last"},
           {"dilation_rate", axes(c.dilation)},
           {"groups", c.groups},
           {"use_bias", c.bias}},
          padded.before);
  std::vector<Tensor> values{keras_kernel(value("kernel"))};
  if (c.bias) values.push_back(value("bias"));
  set_weights("conv3d", std::move(values));
}

void NetworkWriter::add_pooling(bool max, const Json& size, const Json& stride, const Padded& padded) {
  add_own(max ? "MaxPooling3D" : "AveragePooling3D",
          {{"pool_size", size},
           {"strides", stride},
           {"padding", padded.padding},
           {"data_format", "channels_last"}},
          padded.before);
}

// Zeros are never the largest of what is not below them.
bool NetworkWriter::reads_no_negatives() const {
  if (node_->inputs[0] < 0) return false;
  const auto* activation = std::get_if<actionflow::Activation>(
      &graph_.nodes[static_cast<std::size_t>(node_->inputs[0])].operation);
  return activation != nullptr && (activation->kind == ActivationKind::relu ||
                                   (activation->kind == ActivationKind::clip && activation->low == 0));
}

void NetworkWriter::add(const Pooling& p) {
  const bool max = p.kind == Pooling::Kind::max;
  const Axes none{0, 0, 0};
  if (!max && p.count_padding && is_same_padding(p, {1, 1, 1}) && (p.pad_begin != none || p.pad_end != none))
    refuse("counts padding in a mean");
  add_pooling(max, axes(p.kernel), axes(p.stride),
              pad(p, {1, 1, 1}, max ? reads_no_negatives() : p.count_padding));
}

void NetworkWriter::add(const Reduction& r) {
  const Extents& in = input_extents();
  const Json size = Json::array({r.time ? in.t : 1, r.space ? in.h : 1, r.space ? in.w : 1});
  add_pooling(r.kind == Reduction::Kind::max, size, size, {});
}

void NetworkWriter::add(const SelectFrames& s) {
  const Extents& in = input_extents();
  if (s.frames.size() == 1) {
    return add_own("Cropping3D", {{"cropping", cropping(in, ValueAxis::t, s.frames.front(), 1)}});
  }
  const std::vector<int> backwards(s.frames.rbegin(), s.frames.rend());
  if (std::is_sorted(backwards.begin(), backwards.end()) && backwards.front() == 0 &&
      static_cast<std::int64_t>(backwards.size()) == in.t)
    return add_own("Flip", {{"axis", 1}});
  const auto time = traits(graph_, *node_).time;
  if (!time) refuse("takes samples at uneven distances");
  add_pooling(true, Json::array({1, 1, 1}), Json::array({time->stride, 1, 1}), {});
}

NetworkWriter::Json NetworkWriter::cropping(const Extents& in, ValueAxis axis, std::int64_t begin,
                                            std::int64_t count) {
  Json sides = Json::array();
  for (const ValueAxis one : {ValueAxis::t, ValueAxis::h, ValueAxis::w})
    sides.push_back(one == axis ? Json::array({begin, along(in, one) - begin - count}) : Json::array({0, 0}));
  return sides;
}

// Channels change places with width to be cropped.
void NetworkWriter::add(const Slice& s) {
  Extents in = input_extents();
  if (s.axis != ValueAxis::c)
    return add_own("Cropping3D", {{"cropping", cropping(in, s.axis, s.begin, s.count)}});
  const Json exchange = {{"dims", {1, 2, 4, 3}}};
  std::swap(in.c, in.w);
  const std::string turned = add_beside("Permute", "channels", exchange, inputs()[0], in);
  const Json sides = cropping(in, ValueAxis::w, s.begin, s.count);
  in.w = s.count;
  add_own("Permute", exchange, add_beside("Cropping3D", "part", {{"cropping", sides}}, turned, in));
}

std::string NetworkWriter::spread(std::size_t input, ValueAxis axis) {
  std::string name = inputs()[input];
  Extents have = graph_.extents(node_->inputs[input]);
  int keras_axis = 0;
  for (const ValueAxis other : {ValueAxis::t, ValueAxis::h, ValueAxis::w}) {
    ++keras_axis;
    const std::int64_t times = along(node_->extents, other);
    if (other == axis || along(have, other) == times) continue;
    along(have, other) = times;
    add_layer("Concatenate", unique(node_->name + "_repeated"), {{"axis", keras_axis}},
              std::vector<std::string>(static_cast<std::size_t>(times), name));
    name = last_;
    extents_[name] = have;
  }
  return name;
}

void NetworkWriter::add(const Concat& c) {
  if (c.axis == ValueAxis::c) return add_own("Concatenate", {{"axis", -1}});
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < node_->inputs.size(); ++i) parts.push_back(spread(i, c.axis));
  const int axis = c.axis == ValueAxis::t ? 1 : c.axis == ValueAxis::h ? 2 : 3;
  add_layer("Concatenate", unique(node_->name), {{"axis", axis}}, parts);
}

}  // namespace actionflow::keras
