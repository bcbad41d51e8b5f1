// Operations that only move values: backward moves them back. f32 and bf16 are moved as they are, and
// converted where a map becomes a vector.
#include <algorithm>

#include "base/error.h"
#include "models/kernels/converted.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"
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
  const std::vector<Layout> outer_in = in;
  const Layout outer_out = out;
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

class TrainSelectFrame final : public TrainKernel {
 public:
  TrainSelectFrame(int frame, const TrainKernelRequest& r)
      : in_(r.in[0]),
        out_(r.out),
        frame_(frame < 0 ? frame + in_.extents.t : frame),
        select_(moving({in_}, out_, [&](const auto& in, const Layout& out) {
          return kernels::make_select_frame(frame, in[0], out);
        })) {}

  void forward(const ForwardArguments& a) const override {
    select_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    kernels::parallel_for(in_.batch * in_.extents.t, in_.elements(), [&](std::int64_t i) {
      const std::int64_t n = i / in_.extents.t, t = i % in_.extents.t, frame = in_.frame();
      if (t != frame_) return clear_chunk(in_.type, a.input_gradients[0], i * frame, frame);
      for (std::int64_t first = 0; first < frame; first += kChunkFloats) {
        F32Chunk chunk;
        const std::int64_t count = std::min(kChunkFloats, frame - first);
        const float* gradient = load_chunk(out_.type, a.output_gradient, n * frame + first, count, chunk);
        store_chunk(in_.type, gradient, a.input_gradients[0], i * frame + first, count);
      }
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t forward_scratch_bytes() const override { return select_->scratch_bytes(); }
  std::string implementation() const override { return select_->implementation(); }

 private:
  Layout in_, out_;
  std::int64_t frame_;
  std::unique_ptr<Kernel> select_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_concat(const TrainKernelRequest& r) {
  std::vector<std::unique_ptr<Kernel>> parts;
  std::int64_t first = 0;
  for (const Layout& part : r.in) {
    parts.push_back(moving({r.out}, part, [&](const auto& in, const Layout& out) {
      return kernels::make_select_channels(first, in[0], out);
    }));
    first += part.extents.c;
  }
  return std::make_unique<TrainMovement>(
      moving(r.in, r.out, [](const auto& in, const Layout& out) { return kernels::make_concat(in, out); }),
      std::move(parts));
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

std::unique_ptr<TrainKernel> make_select_frame(const TrainKernelRequest& r) {
  if (r.in[0].padded != r.out.padded)
    throw ModelError(r.node.name + ": a selected frame has to lie as its input");
  return std::make_unique<TrainSelectFrame>(std::get<SelectFrame>(r.node.operation).frame, r);
}

}  // namespace actionflow::training
