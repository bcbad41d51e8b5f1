// Operations that only move values: backward moves them back. f32 and bf16 are moved as they are, and
// converted where a map becomes a vector.
#include <algorithm>

#include "base/error.h"
#include "models/kernels/converted.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"
#include "models/kernels/positions.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;
using kernels::Kernel;

// make(in, out) gives the kernel for values of one type.
template <class Make>
std::unique_ptr<Kernel> moving(std::vector<Layout> in, Layout out, Make make) {
  const bool alike =
      std::all_of(in.begin(), in.end(), [&](const Layout& layout) { return layout.type == out.type; });
  if (alike) return make(in, out);
  const auto outer_in = kernels::all_in_f32(in);
  const auto outer_out = kernels::in_f32(out);
  for (Layout& layout : in) layout.type = ElementType::f32;
  out.type = ElementType::f32;
  return kernels::make_converted(make(in, out), outer_in, outer_out);
}

class TrainMovement final : public TrainKernel {
 public:
  // back[i]: from the output's gradient to that of input i.
  TrainMovement(std::unique_ptr<Kernel> there, std::vector<std::unique_ptr<Kernel>> back)
      : there_(std::move(there)), back_(std::move(back)) {}

  void forward(const ForwardArguments& a) const override {
    there_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
  }
  void backward(const BackwardArguments& a) const override {
    for (std::size_t i = 0; i < back_.size(); ++i)
      if (a.input_gradients[i] != nullptr)
        back_[i]->run({.inputs = {a.output_gradient}, .output = a.input_gradients[i], .scratch = a.scratch});
  }

  BackwardReads backward_reads() const override { return {std::vector<bool>(back_.size()), false}; }
  std::size_t forward_scratch_bytes() const override { return there_->scratch_bytes(); }
  std::size_t backward_scratch_bytes() const override {
    std::size_t most = 0;
    for (const auto& back : back_) most = std::max(most, back->scratch_bytes());
    return most;
  }
  std::string implementation() const override { return there_->implementation(); }

 private:
  std::unique_ptr<Kernel> there_;
  std::vector<std::unique_ptr<Kernel>> back_;
};

std::unique_ptr<TrainKernel> there_and_back(std::unique_ptr<Kernel> there, std::unique_ptr<Kernel> back) {
  std::vector<std::unique_ptr<Kernel>> all;
  all.push_back(std::move(back));
  return std::make_unique<TrainMovement>(std::move(there), std::move(all));
}

// What was left out has no gradient.
class TrainSlice final : public TrainKernel {
 public:
  TrainSlice(const Slice& slice, const TrainKernelRequest& r)
      : slice_(slice), in_(r.in[0]), out_(r.out), forward_(kernels::make_slice(slice, in_, out_)) {}

  void forward(const ForwardArguments& a) const override {
    forward_->run({.inputs = a.inputs, .output = a.output});
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    kernels::parallel_for(in_.rows(), in_.elements(), [&](std::int64_t row) {
      clear_chunk(in_.type, a.input_gradients[0], row * in_.padded, in_.padded);
      kernels::Position at = kernels::position_of(in_.extents, row);
      const bool channels = slice_.axis == ValueAxis::c;
      if (!channels) {
        std::int64_t& step = kernels::along(at, slice_.axis);
        step -= slice_.begin;
        if (step < 0 || step >= slice_.count) return;
      }
      kernels::copy_elements(
          {out_.type, a.output_gradient, kernels::row_of(out_.extents, at) * out_.padded},
          {in_.type, a.input_gradients[0], row * in_.padded + (channels ? slice_.begin : 0)}, out_.extents.c);
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::string implementation() const override { return forward_->implementation(); }

 private:
  Slice slice_;
  Layout in_, out_;
  std::unique_ptr<Kernel> forward_;
};

class TrainSelectFrames final : public TrainKernel {
 public:
  TrainSelectFrames(const SelectFrames& operation, const TrainKernelRequest& r)
      : in_(r.in[0]),
        out_(r.out),
        result_of_(static_cast<std::size_t>(in_.extents.t), -1),
        select_(moving({in_}, out_, [&](const auto& in, const Layout& out) {
          return kernels::make_select_frames(operation, in[0], out);
        })) {
    for (std::size_t i = 0; i < operation.frames.size(); ++i)
      result_of_[static_cast<std::size_t>(operation.frames[i])] = static_cast<std::int64_t>(i);
  }

  void forward(const ForwardArguments& a) const override {
    select_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    kernels::parallel_for(in_.batch * in_.extents.t, in_.elements(), [&](std::int64_t i) {
      const std::int64_t n = i / in_.extents.t, frame = in_.frame();
      const std::int64_t t = result_of_[static_cast<std::size_t>(i % in_.extents.t)];
      if (t < 0) return clear_chunk(in_.type, a.input_gradients[0], i * frame, frame);
      for (std::int64_t first = 0; first < frame; first += kChunkFloats) {
        F32Chunk chunk;
        const std::int64_t count = std::min(kChunkFloats, frame - first);
        const std::int64_t from = (n * out_.extents.t + t) * frame + first;
        const float* gradient = load_chunk(out_.type, a.output_gradient, from, count, chunk);
        store_chunk(in_.type, gradient, a.input_gradients[0], i * frame + first, count);
      }
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t forward_scratch_bytes() const override { return select_->scratch_bytes(); }
  std::string implementation() const override { return select_->implementation(); }

 private:
  Layout in_, out_;
  std::vector<std::int64_t> result_of_;  // by sample of the input: its place in the result, or −1
  std::unique_ptr<Kernel> select_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_concat(const TrainKernelRequest& r) {
  const auto& concat = std::get<Concat>(r.node.operation);
  std::vector<std::unique_ptr<Kernel>> parts;
  std::int64_t first = 0;
  for (const Layout& part : r.in) {
    parts.push_back(kernels::make_concat_gradient(concat, first, r.out, part));
    first += along(part.extents, concat.axis);
  }
  return std::make_unique<TrainMovement>(kernels::make_concat(concat, r.in, r.out), std::move(parts));
}

std::unique_ptr<TrainKernel> make_reshape(const TrainKernelRequest& r) {
  const auto make = [](const auto& in, const Layout& out) { return kernels::make_reshape(in[0], out); };
  return there_and_back(moving({r.in[0]}, r.out, make), moving({r.out}, r.in[0], make));
}

std::unique_ptr<TrainKernel> make_permute(const TrainKernelRequest& r) {
  const auto& there = std::get<Permute>(r.node.operation);
  Permute back;
  for (std::size_t axis = 0; axis < there.order.size(); ++axis)
    back.order[static_cast<std::size_t>(there.order[axis])] = static_cast<int>(axis);
  const auto make = [](const Permute& operation) {
    return [&operation](const auto& in, const Layout& out) {
      return kernels::make_permute(operation, in[0], out);
    };
  };
  return there_and_back(moving({r.in[0]}, r.out, make(there)), moving({r.out}, r.in[0], make(back)));
}

std::unique_ptr<TrainKernel> make_slice(const TrainKernelRequest& r) {
  return std::make_unique<TrainSlice>(std::get<Slice>(r.node.operation), r);
}

std::unique_ptr<TrainKernel> make_select_frames(const TrainKernelRequest& r) {
  if (r.in[0].padded != r.out.padded)
    throw ModelError(r.node.name + ": selected frames have to lie as their input");
  return std::make_unique<TrainSelectFrames>(std::get<SelectFrames>(r.node.operation), r);
}

std::unique_ptr<TrainKernel> make_time_shift(const TrainKernelRequest& r) {
  const auto& shift = std::get<TimeShift>(r.node.operation);
  if (r.in[0].extents != r.out.extents)
    throw ModelError(r.node.name + ": a shift in time is trained padded on the sides that it reads");
  const auto make = [&](kernels::Direction direction) {
    return [&shift, direction](const auto& in, const Layout& out) {
      return kernels::make_time_shift(shift, direction, in[0], out);
    };
  };
  return there_and_back(moving({r.in[0]}, r.out, make(kernels::Direction::forward)),
                        moving({r.out}, r.in[0], make(kernels::Direction::backward)));
}

}  // namespace actionflow::training
