// A convolution as oneDNN sees it: channels-last memory, channels with their padding.
#pragma once

#include <limits>
#include <string>

#include "models/kernels/layout.h"
#include "models/kernels/onednn.h"

namespace actionflow::kernels {

inline dnnl::memory::data_type data_type(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return dnnl::memory::data_type::f32;
    case ElementType::bf16:
      return dnnl::memory::data_type::bf16;
    case ElementType::u8:
      return dnnl::memory::data_type::u8;
    case ElementType::s8:
      return dnnl::memory::data_type::s8;
  }
  return dnnl::memory::data_type::undef;
}

// A kernel of extent 1 in time is a two-dimensional convolution with the frames as batch.
inline bool frame_by_frame(const Convolution& c) {
  return c.kernel[0] == 1 && c.stride[0] == 1 && c.pad_begin[0] == 0 && c.pad_end[0] == 0;
}

// The axes of the problem in oneDNN's order, time left out where frames are batch.
class Geometry {
 public:
  Geometry(const Convolution& operation, const Layout& in, const Layout& out)
      : operation_(operation), in_(in), out_(out), flat_(frame_by_frame(operation)) {}

  dnnl::memory::desc source(ElementType type) const { return value(in_, type); }
  dnnl::memory::desc destination(ElementType type) const { return value(out_, type); }

  onednn::Dims weight_dims() const {
    onednn::Dims dims{out_.padded, in_.padded};
    for (std::size_t axis = flat_ ? 1 : 0; axis < 3; ++axis) dims.push_back(operation_.kernel[axis]);
    return dims;
  }
  dnnl::memory::format_tag plain_weights() const {
    return flat_ ? dnnl::memory::format_tag::oihw : dnnl::memory::format_tag::oidhw;
  }
  dnnl::memory::format_tag channels_last() const {
    return flat_ ? dnnl::memory::format_tag::nhwc : dnnl::memory::format_tag::ndhwc;
  }
  // One value a channel, for binary post-operations.
  dnnl::memory::desc per_channel() const {
    onednn::Dims dims{1, out_.padded};
    dims.resize(flat_ ? 4 : 5, 1);
    return {dims, dnnl::memory::data_type::f32, channels_last()};
  }
  onednn::Dims axes(const Axes& values, int offset = 0) const {
    onednn::Dims result;
    for (std::size_t axis = flat_ ? 1 : 0; axis < 3; ++axis) result.push_back(values[axis] + offset);
    return result;
  }

 private:
  dnnl::memory::desc value(const Layout& layout, ElementType type) const {
    const Extents& e = layout.extents;
    const onednn::Dims dims = flat_ ? onednn::Dims{layout.batch * e.t, layout.padded, e.h, e.w}
                                    : onednn::Dims{layout.batch, layout.padded, e.t, e.h, e.w};
    return {dims, data_type(type), channels_last()};
  }

  Convolution operation_;
  Layout in_, out_;
  bool flat_;
};

// Offsets inside oneDNN are partly 32 bits wide.
inline bool too_large_for_onednn(const Layout& layout) {
  return layout.elements() > std::numeric_limits<std::int32_t>::max();
}

inline bool is_slow(const std::string& implementation) {
  return implementation.find("ref") != std::string::npos || implementation.find("gemm") != std::string::npos;
}

}  // namespace actionflow::kernels
