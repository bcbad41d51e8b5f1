#include "models/kernels/recurrent/train_recurrent.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "models/kernels/channels.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

const Recurrent& operation_of(const TrainKernelRequest& r) { return std::get<Recurrent>(r.node.operation); }

MatrixProblem forward_problem(const TrainKernelRequest& r, std::int64_t row) {
  const Layout& in = r.in[0];
  return {.rows = in.rows(),
          .columns = row,
          .depth = in.extents.c,
          .b_transposed = true,
          .a_stride = in.padded,
          .b_stride = in.extents.c,
          .c_stride = row,
          .bias = operation_of(r).bias};
}

MatrixProblem input_gradient_problem(const TrainKernelRequest& r, std::int64_t row) {
  const Layout& in = r.in[0];
  return {
      .rows = in.rows(),
      .columns = in.extents.c,
      .depth = row,
      .a_stride = row,
      .b_stride = in.extents.c,
      .c_stride = in.padded,
  };
}

MatrixProblem kernel_gradient_problem(const TrainKernelRequest& r, std::int64_t row) {
  const Layout& in = r.in[0];
  return {.rows = row,
          .columns = in.extents.c,
          .depth = in.rows(),
          .a_transposed = true,
          .a_stride = row,
          .b_stride = in.padded,
          .c_stride = in.extents.c,
          .add = true};
}

bool keeps_raw(const Recurrent& r) {
  return !slope_from_result(r.activation) || !slope_from_result(r.recurrent_activation);
}

}  // namespace

TrainRecurrent::TrainRecurrent(const TrainKernelRequest& r, std::int64_t gates)
    : operation_(operation_of(r)),
      in_(r.in[0]),
      out_(r.out),
      clips_(in_.batch),
      steps_(in_.extents.t),
      units_(operation_.units),
      row_(gates * units_),
      reads_input_(r.wants_parameter_gradient[0]),
      keeps_raw_(keeps_raw(operation_)),
      forward_(forward_problem(r, row_)),
      input_gradient_(input_gradient_problem(r, row_)),
      kernel_gradient_(kernel_gradient_problem(r, row_)) {
  const std::int64_t all = clips_ * steps_ * row_;
  gates_at_ = saved_.add_floats(all);
  raw_at_ = saved_.add_floats(keeps_raw_ ? all : 0);
  hidden_ = add_state();
  gradients_at_ = backward_scratch_.add_floats(all);
  state_gradient_at_ = backward_scratch_.add_floats(clips_ * units_);
}

TrainRecurrent::StatePieces TrainRecurrent::add_state() {
  const std::size_t before = saved_.add_floats(clips_ * steps_ * units_);
  return {before, saved_.add_floats(clips_ * units_)};
}

void TrainRecurrent::clear_first(void* saved, const StatePieces& pieces) const {
  const Rows<float> first = state(saved, pieces, 0);
  for (std::int64_t n = 0; n < clips_; ++n) std::fill_n(first[n], units_, 0.0F);
}

const float* TrainRecurrent::input_bias(const ForwardArguments& a) const {
  return operation_.bias ? a.parameters[2] : nullptr;
}

void TrainRecurrent::forward(const ForwardArguments& a) const {
  float* all = piece<float>(a.saved, gates_at_);
  forward_.run(a.inputs[0], a.parameters[0], all, nullptr, input_bias(a));
  begin(a);
  for (std::int64_t i = 0; i < steps_; ++i) {
    step(a, i, at_step(all, row_, i));
    if (operation_.sequence || i == steps_ - 1) write_step(a, i);
  }
}

void TrainRecurrent::write_step(const ForwardArguments& a, std::int64_t i) const {
  const Rows<float> hidden = state(a.saved, hidden_, i + 1);
  const Rows<float> out = at_output(static_cast<float*>(a.output), i);
  for (std::int64_t n = 0; n < clips_; ++n) {
    std::copy_n(hidden[n], units_, out[n]);
    std::fill(out[n] + units_, out[n] + out_.padded, 0.0F);
  }
}

void TrainRecurrent::backward(const BackwardArguments& a) const {
  float* all = piece<float>(a.scratch, gradients_at_);
  float* state_gradient = piece<float>(a.scratch, state_gradient_at_);
  std::fill_n(state_gradient, clips_ * units_, 0.0F);
  begin_back(a);
  for (std::int64_t i = steps_; i-- > 0;) {
    if (operation_.sequence || i == steps_ - 1) add_output_gradient(a, i, state_gradient);
    step_back(a, i, at_step(all, row_, i), state_gradient);
  }
  recurrent_gradients(a, all, a.parameter_gradients[1], operation_.bias ? a.parameter_gradients[2] : nullptr);
  input_gradients(a, all);
}

void TrainRecurrent::add_output_gradient(const BackwardArguments& a, std::int64_t i,
                                         float* state_gradient) const {
  const Rows<const float> out = at_output(static_cast<const float*>(a.output_gradient), i);
  for (std::int64_t n = 0; n < clips_; ++n) {
    float* to = state_gradient + n * units_;
    add(to, out[n], to, units_);
  }
}

void TrainRecurrent::input_gradients(const BackwardArguments& a, const float* gate_gradients) const {
  if (a.parameter_gradients[0] != nullptr)
    kernel_gradient_.run(gate_gradients, a.inputs[0], a.parameter_gradients[0], nullptr);
  if (a.input_gradients[0] == nullptr) return;
  input_gradient_.run(gate_gradients, a.parameters[0], a.input_gradients[0], nullptr);
  clear_padding(in_, a.input_gradients[0]);
}

void TrainRecurrent::activate(ActivationKind kind, void* saved, std::int64_t i, std::int64_t clip,
                              std::int64_t first, std::int64_t count) const {
  float* values = at_step(piece<float>(saved, gates_at_), row_, i)[clip] + first;
  if (keeps_raw_) std::copy_n(values, count, at_step(piece<float>(saved, raw_at_), row_, i)[clip] + first);
  kernels::vector_kernels().activate({.kind = kind, .slope = operation_.slope}, values, values, count);
}

void TrainRecurrent::activate_back(ActivationKind kind, const void* saved, std::int64_t i, std::int64_t clip,
                                   std::int64_t first, std::int64_t count, float* gradients) const {
  const float* raw = keeps_raw_ ? at_step(piece<float>(saved, raw_at_), row_, i)[clip] + first : nullptr;
  gradients += first;
  gradient_vectors().activation({.kind = kind, .slope = operation_.slope}, raw, gates(saved, i)[clip] + first,
                                gradients, gradients, count);
}

void TrainRecurrent::add_sums(const float* rows, std::int64_t width, std::int64_t count, float* sums) const {
  const Layout layout{
      .batch = clips_ * steps_, .extents = {.c = count}, .padded = width, .type = ElementType::f32};
  add_column_sums(layout, rows, sums);
}

MatrixProblem TrainRecurrent::step_problem(std::int64_t a_stride, std::int64_t kernel_rows) const {
  return {.rows = clips_,
          .columns = kernel_rows,
          .depth = units_,
          .b_transposed = true,
          .a_stride = a_stride,
          .b_stride = units_,
          .c_stride = steps_ * row_,
          .add = true};
}

MatrixProblem TrainRecurrent::step_back_problem(std::int64_t a_stride, std::int64_t kernel_rows,
                                                bool add) const {
  return {.rows = clips_,
          .columns = units_,
          .depth = kernel_rows,
          .a_stride = a_stride,
          .b_stride = units_,
          .c_stride = units_,
          .add = add};
}

MatrixProblem TrainRecurrent::recurrent_kernel_problem(std::int64_t a_stride,
                                                       std::int64_t kernel_rows) const {
  return {.rows = kernel_rows,
          .columns = units_,
          .depth = clips_ * steps_,
          .a_transposed = true,
          .a_stride = a_stride,
          .b_stride = units_,
          .c_stride = units_,
          .add = true};
}

std::unique_ptr<TrainKernel> make_recurrent(const TrainKernelRequest& request) {
  if (request.in[0].type != ElementType::f32 || request.out.type != ElementType::f32)
    throw ModelError(fmt::format("{}: a recurrent layer trains on f32 sequences", request.node.name));
  return operation_of(request).cell == Recurrent::Cell::lstm ? make_lstm(request) : make_gru(request);
}

}  // namespace actionflow::training
