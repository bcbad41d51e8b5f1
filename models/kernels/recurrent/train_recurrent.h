// What the training kernels of LSTM and GRU share: everything but the cell.
//
// All of it is f32: sequences and vectors are so in every plan, only maps may be bf16. Rows are clips × steps
// as in the values; each gate is `units` floats, unpadded, so that products read the masters where they lie.
// Steps are counted in the order of running; the state before step i lies in the row of that step, the state
// after the last in rows of its own.
#pragma once

#include <memory>
#include <type_traits>

#include "models/kernels/dense/matrix_product.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/vector.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {

class TrainRecurrent : public TrainKernel {
 public:
  void forward(const ForwardArguments& arguments) const final;
  void backward(const BackwardArguments& arguments) const final;

  BackwardReads backward_reads() const final { return {{reads_input_}, false}; }
  std::size_t saved_bytes() const final { return saved_.bytes(); }
  std::size_t forward_scratch_bytes() const final { return forward_scratch_.bytes(); }
  std::size_t backward_scratch_bytes() const final { return backward_scratch_.bytes(); }

 protected:
  // Rows of one step: clip n's is `first` + n·stride.
  template <class T>
  struct Rows {
    T* first;
    std::int64_t stride;
    T* operator[](std::int64_t clip) const { return first + clip * stride; }
  };
  // A state's pieces of `saved`: before each step, after the last.
  struct StatePieces {
    std::size_t before, after;
  };

  TrainRecurrent(const TrainKernelRequest& request, std::int64_t gates);

  // One step: `gates` hold what comes from the input, bias added, and keep the activated gates.
  virtual void step(const ForwardArguments& arguments, std::int64_t i, Rows<float> gates) const = 0;
  // From the gradient of the state after step i (clips × units) that of the state before, in place, and those
  // of the gates before their activation.
  virtual void step_back(const BackwardArguments& arguments, std::int64_t i, Rows<float> gradients,
                         float* state_gradient) const = 0;
  // After all steps: gradients of the recurrent kernel and of the bias, added; null
  // where not wanted.
  virtual void recurrent_gradients(const BackwardArguments& arguments, const float* gate_gradients,
                                   float* kernel, float* bias) const = 0;
  // Before the first step, forward and backward.
  virtual void begin(const ForwardArguments& arguments) const = 0;
  virtual void begin_back(const BackwardArguments&) const {}
  // One number a gate and unit that the input's product begins with; null without a bias.
  virtual const float* input_bias(const ForwardArguments& arguments) const;

  // body(clip), shared out among threads where a step is large.
  template <class F>
  void for_each_clip(F&& body) const {
    kernels::parallel_for(clips_, clips_ * row_ * kWorkOfGate, body);
  }
  std::int64_t time(std::int64_t i) const { return operation_.backward ? steps_ - 1 - i : i; }
  void multiply(const float* a, const float* b, float* out) const {
    kernels::vector_kernels().binary(Elementwise::Kind::multiply, 1, a, 1, b, 1, out, units_);
  }
  void add(const float* a, const float* b, float* out, std::int64_t count) const {
    kernels::vector_kernels().binary(Elementwise::Kind::add, 1, a, 1, b, 1, out, count);
  }
  // Those of step i among rows of `width` floats that lie as the steps do.
  template <class T>
  Rows<T> at_step(T* rows, std::int64_t width, std::int64_t i) const {
    return {rows + time(i) * width, steps_ * width};
  }
  // The state before step i, or after the last for i = steps.
  template <class Block>
  auto state(Block* saved, const StatePieces& pieces, std::int64_t i) const {
    auto* before = piece<float>(saved, pieces.before);
    auto* after = piece<float>(saved, pieces.after);
    using T = std::remove_pointer_t<decltype(before)>;
    return i < steps_ ? at_step<T>(before, units_, i) : Rows<T>{after, units_};
  }
  // The gates' rows of step i.
  Rows<const float> gates(const void* saved, std::int64_t i) const {
    return at_step(piece<float>(saved, gates_at_), row_, i);
  }

  // Activates `count` floats of one clip's gates at step i, from `first` on; keeps what its slope needs.
  void activate(ActivationKind kind, void* saved, std::int64_t i, std::int64_t clip, std::int64_t first,
                std::int64_t count) const;
  // Their gradients, in place: `gradients` is the clip's row.
  void activate_back(ActivationKind kind, const void* saved, std::int64_t i, std::int64_t clip,
                     std::int64_t first, std::int64_t count, float* gradients) const;

  StatePieces add_state();
  void clear_first(void* saved, const StatePieces& pieces) const;
  // sums[c] += Σ over clips and steps of rows of `width` floats, for `count` columns.
  void add_sums(const float* rows, std::int64_t width, std::int64_t count, float* sums) const;

  // Of one step, added to gates: clips × units floats, `a_stride` apart, times rows of the recurrent kernel.
  MatrixProblem step_problem(std::int64_t a_stride, std::int64_t kernel_rows) const;
  // Of one step, into clips × units: gradients of gates, `a_stride` apart, times rows of the recurrent
  // kernel.
  MatrixProblem step_back_problem(std::int64_t a_stride, std::int64_t kernel_rows, bool add) const;
  // Of all steps, added to rows of the recurrent kernel: gradients of gates, `a_stride` apart, by what the
  // recurrent product took.
  MatrixProblem recurrent_kernel_problem(std::int64_t a_stride, std::int64_t kernel_rows) const;

  Recurrent operation_;
  Layout in_, out_;
  std::int64_t clips_, steps_, units_, row_;  // row: floats of all gates of one clip and step
  Pieces saved_, forward_scratch_, backward_scratch_;
  StatePieces hidden_{};

 private:
  // Where step i's state goes in the output.
  template <class T>
  Rows<T> at_output(T* out, std::int64_t i) const {
    return operation_.sequence ? at_step(out, out_.padded, i) : Rows<T>{out, out_.padded};
  }
  void write_step(const ForwardArguments& arguments, std::int64_t i) const;
  void add_output_gradient(const BackwardArguments& arguments, std::int64_t i, float* state_gradient) const;
  void input_gradients(const BackwardArguments& arguments, const float* gate_gradients) const;

  static constexpr std::int64_t kWorkOfGate = 16;  // an exponential, beside a sum

  bool reads_input_ = true, keeps_raw_ = false;
  std::size_t gates_at_ = 0, raw_at_ = 0;
  std::size_t gradients_at_ = 0, state_gradient_at_ = 0;  // backward scratch
  MatrixProduct forward_, input_gradient_, kernel_gradient_;
};

std::unique_ptr<TrainKernel> make_lstm(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_gru(const TrainKernelRequest& request);

}  // namespace actionflow::training
