#include "models/training/recurrent_cell.h"

#include <algorithm>

#include "models/kernels/vector.h"
#include "models/training/gradient_vectors.h"
#include "models/training/rows.h"

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
          .type = in.type,
          .bias = operation_of(r).bias};
}

MatrixProblem input_gradient_problem(const TrainKernelRequest& r, std::int64_t row) {
  const Layout& in = r.in[0];
  return {.rows = in.rows(),
          .columns = in.extents.c,
          .depth = row,
          .a_stride = row,
          .b_stride = in.extents.c,
          .c_stride = in.padded,
          .type = in.type,
          .result = in.type};
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
          .type = in.type,
          .add = true};
}

bool keeps_raw(const Recurrent& r) {
  return !slope_from_result(r.activation) || !slope_from_result(r.recurrent_activation);
}

const void* at_row(const Layout& layout, const void* values, std::int64_t row) {
  return static_cast<const std::byte*>(values) +
         static_cast<std::size_t>(row * layout.padded) * kernels::bytes_of(layout.type);
}

void add_row(ElementType type, const void* from, float* to, std::int64_t count) {
  constexpr std::int64_t kPiece = 256;
  float piece[kPiece];
  for (std::int64_t first = 0; first < count; first += kPiece) {
    const std::int64_t some = std::min(kPiece, count - first);
    const float* values = static_cast<const float*>(from) + first;
    if (type == ElementType::bf16) {
      kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(from) + first, piece, some);
      values = piece;
    }
    kernels::vector_kernels().binary(Elementwise::Kind::add, 1, to + first, 1, values, 1, to + first, some);
  }
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
      reads_input_(r.wants_parameter_gradient.empty() || r.wants_parameter_gradient[0]),
      keeps_raw_(keeps_raw(operation_)),
      forward_(forward_problem(r, row_)),
      input_gradient_(input_gradient_problem(r, row_)),
      kernel_gradient_(kernel_gradient_problem(r, row_)) {
  const std::int64_t all = clips_ * steps_ * row_, weights = row_ * in_.extents.c;
  gates_at_ = saved_.add_floats(all);
  raw_at_ = saved_.add_floats(keeps_raw_ ? all : 0);
  hidden_ = add_state();
  weights_at_ = forward_scratch_.add(half() ? weights : 0, ElementType::bf16);
  product_at_ = forward_scratch_.add(forward_.scratch_bytes());
  gradients_at_ = backward_scratch_.add_floats(all);
  rounded_at_ = backward_scratch_.add(half() ? all : 0, ElementType::bf16);
  state_gradient_at_ = backward_scratch_.add_floats(clips_ * units_);
  backward_weights_at_ = backward_scratch_.add(half() ? weights : 0, ElementType::bf16);
  backward_product_at_ =
      backward_scratch_.add(std::max(input_gradient_.scratch_bytes(), kernel_gradient_.scratch_bytes()));
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

void TrainRecurrent::project(const ForwardArguments& a, float* gates) const {
  const void* weights = a.parameters[0];
  if (half()) {
    floats_to_bf16(a.parameters[0], row_ * in_.extents.c, piece(a.scratch, weights_at_));
    weights = piece(a.scratch, weights_at_);
  }
  forward_.run(a.inputs[0], weights, gates, piece(a.scratch, product_at_), input_bias(a));
}

void TrainRecurrent::forward(const ForwardArguments& a) const {
  float* all = piece<float>(a.saved, gates_at_);
  project(a, all);
  begin(a);
  for (std::int64_t i = 0; i < steps_; ++i) {
    step(a, i, at_step(all, row_, i));
    if (operation_.sequence || i == steps_ - 1) write_step(a, i);
  }
}

void TrainRecurrent::write_step(const ForwardArguments& a, std::int64_t i) const {
  const Rows<float> hidden = state(a.saved, hidden_, i + 1);
  const std::int64_t out_steps = out_.extents.t, t = operation_.sequence ? time(i) : 0;
  for (std::int64_t n = 0; n < clips_; ++n) {
    void* row = const_cast<void*>(at_row(out_, a.output, n * out_steps + t));
    if (out_.type == ElementType::bf16) {
      auto* halves = static_cast<std::uint16_t*>(row);
      kernels::vector_kernels().to_bf16(hidden[n], halves, units_);
      std::fill(halves + units_, halves + out_.padded, std::uint16_t{0});
    } else {
      auto* floats = static_cast<float*>(row);
      std::copy_n(hidden[n], units_, floats);
      std::fill(floats + units_, floats + out_.padded, 0.0F);
    }
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
  const std::int64_t out_steps = out_.extents.t, t = operation_.sequence ? time(i) : 0;
  for (std::int64_t n = 0; n < clips_; ++n)
    add_row(out_.type, at_row(out_, a.output_gradient, n * out_steps + t), state_gradient + n * units_,
            units_);
}

void TrainRecurrent::input_gradients(const BackwardArguments& a, const float* gate_gradients) const {
  const void* gradients = gate_gradients;
  if (half()) {
    floats_to_bf16(gate_gradients, clips_ * steps_ * row_, piece(a.scratch, rounded_at_));
    gradients = piece(a.scratch, rounded_at_);
  }
  void* scratch = piece(a.scratch, backward_product_at_);
  if (a.parameter_gradients[0] != nullptr)
    kernel_gradient_.run(gradients, a.inputs[0], a.parameter_gradients[0], scratch);
  if (a.input_gradients[0] == nullptr) return;
  const void* weights = a.parameters[0];
  if (half()) {
    floats_to_bf16(a.parameters[0], row_ * in_.extents.c, piece(a.scratch, backward_weights_at_));
    weights = piece(a.scratch, backward_weights_at_);
  }
  input_gradient_.run(gradients, weights, a.input_gradients[0], scratch);
  clear_padding(in_, a.input_gradients[0]);
}

void TrainRecurrent::activate(ActivationKind kind, void* saved, std::int64_t i, std::int64_t clip,
                              std::int64_t first, std::int64_t count) const {
  float* values = at_step(piece<float>(saved, gates_at_), row_, i)[clip] + first;
  if (keeps_raw_) std::copy_n(values, count, at_step(piece<float>(saved, raw_at_), row_, i)[clip] + first);
  kernels::vector_kernels().activate({.kind = kind}, values, values, count);
}

void TrainRecurrent::activate_back(ActivationKind kind, const void* saved, std::int64_t i, std::int64_t clip,
                                   std::int64_t first, std::int64_t count, float* gradients) const {
  const float* raw = keeps_raw_ ? at_step(piece<float>(saved, raw_at_), row_, i)[clip] + first : nullptr;
  gradients += first;
  gradient_vectors().activation({.kind = kind}, raw, gates(saved, i)[clip] + first, gradients, gradients,
                                count);
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
  return operation_of(request).cell == Recurrent::Cell::lstm ? make_lstm(request) : make_gru(request);
}

}  // namespace actionflow::training
