#include "models/kernels/attention/train_head.h"

#include <algorithm>

#include "models/graph/relative_positions.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/onednn.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {
namespace {

constexpr std::int64_t kQueriesTogether = 64;
constexpr float kNotSeen = -1e30F;  // a score

using Index = std::int64_t;

// C (rows × columns) = scale·A·B, or added to it; A rows × depth, B depth × columns, each maybe transposed.
struct Matrix {
  const float* values;
  Index stride;
  bool transposed = false;
};
void multiply(Index rows, Index columns, Index depth, float scale, const Matrix& a, const Matrix& b, bool add,
              float* c, Index stride) {
  onednn::sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', rows, columns, depth, scale, a.values,
                a.stride, b.values, b.stride, add ? 1.0F : 0.0F, c, stride);
}

}  // namespace

TrainHeadShape::TrainHeadShape(const Attention& operation, std::vector<kernels::Layout> in,
                               const kernels::Layout& out)
    : operation_(operation),
      in_(std::move(in)),
      out_(out),
      channels_(out.extents.c / operation.heads),
      depth_(channels_),
      scale_(kernels::score_scale(operation, channels_)),
      windows_(operation, in_[0].extents, in_[in_.size() / 2].extents) {
  if (operation.bias == Attention::Bias::decomposed)
    for (const int extent : operation.key_map) depth_ += extent;
}

std::int64_t TrainHeadShape::block() const { return std::min(kQueriesTogether, windows_.queries()); }

std::int64_t TrainHeadShape::forward_floats() const {
  const Index keys = windows_.keys();
  return keys * (depth_ + channels_) + block() * (2 * channels_ + depth_ + keys) +
         (biased() ? windows_.queries() * keys : 0);
}

std::int64_t TrainHeadShape::backward_floats() const {
  const Index keys = windows_.keys();
  return forward_floats() + block() * (channels_ + keys + depth_) + keys * (depth_ + channels_) +
         (biased() ? windows_.queries() * keys : 0);
}

TrainHead::TrainHead(const TrainHeadShape& shape, const kernels::BiasFeatures& features,
                     const std::vector<const float*>& parameters, const std::vector<const void*>& inputs,
                     std::int64_t clip, std::int64_t head)
    : s_(shape),
      features_(features),
      parameters_(parameters),
      inputs_(inputs),
      clip_(clip),
      head_(head),
      keys_(shape.windows_.keys()) {}

void TrainHead::take_memory(float* scratch, bool backward) {
  const auto take = [&](Index floats) {
    float* here = scratch;
    scratch += floats;
    return here;
  };
  const Index biases = s_.biased() ? s_.windows_.queries() * keys_ : 0;
  key_ = take(keys_ * s_.depth_);
  value_ = take(keys_ * s_.channels_);
  query_ = take(s_.block() * s_.channels_);
  scaled_ = take(s_.block() * s_.depth_);
  scores_ = take(s_.block() * keys_);
  result_ = take(s_.block() * s_.channels_);
  bias_ = take(biases);
  if (!backward) return;
  gradient_ = take(s_.block() * s_.channels_);
  score_gradient_ = take(s_.block() * keys_);
  query_gradient_ = take(s_.block() * s_.depth_);
  key_gradient_ = take(keys_ * s_.depth_);
  value_gradient_ = take(keys_ * s_.channels_);
  bias_gradient_ = take(biases);
}

std::int64_t TrainHead::first_channel(std::size_t input) const {
  const Index part = s_.in_.size() == 1 ? static_cast<Index>(input) * s_.out_.extents.c : 0;
  return part + head_ * s_.channels_;
}

void TrainHead::load(std::size_t input, std::int64_t row, float* to) const {
  const kernels::Layout& layout = s_.in_[layout_of(input)];
  const Index at = (clip_ * layout.extents.positions() + row) * layout.padded + first_channel(input);
  if (layout.type == kernels::ElementType::f32)
    std::copy_n(static_cast<const float*>(inputs_[layout_of(input)]) + at, s_.channels_, to);
  else
    kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(inputs_[layout_of(input)]) + at, to,
                                     s_.channels_);
}

void TrainHead::store(const kernels::Layout& layout, void* memory, std::int64_t first, std::int64_t row,
                      const float* from) const {
  store_chunk(layout.type, from, memory, (clip_ * layout.extents.positions() + row) * layout.padded + first,
              s_.channels_);
}

void TrainHead::load_keys(std::int64_t window) {
  for (Index j = 0; j < keys_; ++j) {
    float* key = key_ + j * s_.depth_;
    load(1, s_.windows_.key_row(window, j), key);
    load(2, s_.windows_.key_row(window, j), value_ + j * s_.channels_);
    std::fill(key + s_.channels_, key + s_.depth_, 0.0F);
    std::array<std::int64_t, 3> ones{};
    if (features_.of_key(j, ones))
      for (const Index one : ones) key[s_.channels_ + one] = 1;
  }
}

void TrainHead::load_queries(const Block& block) {
  for (Index i = 0; i < block.rows; ++i) {
    float* query = query_ + i * s_.channels_;
    load(0, s_.windows_.query_row(block.window, block.first + i), query);
    for (Index c = 0; c < s_.channels_; ++c) scaled_[i * s_.depth_ + c] = s_.scale_ * query[c];
  }
  features_.of_queries(query_, s_.channels_, block.first, block.rows, scaled_ + s_.channels_, s_.depth_);
}

void TrainHead::set_bias(std::size_t pattern) {
  if (!s_.biased()) return;
  const bool table = s_.operation_.bias == Attention::Bias::table;
  for (Index i = 0; i < s_.windows_.queries(); ++i)
    for (Index j = 0; j < keys_; ++j) {
      float& bias = bias_[i * keys_ + j];
      if (!s_.windows_.sees(pattern, i, j))
        bias = kNotSeen;
      else
        bias = table ? parameters_[0][s_.windows_.table_row(i, j) * s_.operation_.heads + head_] : 0;
    }
}

void TrainHead::score(const Block& block) {
  if (s_.biased()) std::copy_n(bias_ + block.first * keys_, block.rows * keys_, scores_);
  multiply(block.rows, keys_, s_.depth_, 1, {scaled_, s_.depth_}, {key_, s_.depth_, true}, s_.biased(),
           scores_, keys_);
}

// body(block) for each window's queries, after_window(window) behind them.
template <class F, class G>
void TrainHead::each_block(F body, G after_window) {
  for (std::size_t pattern = 0; pattern < s_.windows_.patterns(); ++pattern) {
    set_bias(pattern);
    for (const Index window : s_.windows_.windows_of(pattern)) {
      load_keys(window);
      for (Index first = 0; first < s_.windows_.queries(); first += s_.block()) {
        const Block block{window, first, std::min(s_.block(), s_.windows_.queries() - first)};
        load_queries(block);
        score(block);
        body(block);
      }
      after_window(window);
    }
  }
}

void TrainHead::forward(const Forward& f) {
  take_memory(f.scratch, false);
  each_block([&](const Block& block) { weigh_and_write(block, f); }, [](Index) {});
}

void TrainHead::weigh_and_write(const Block& block, const Forward& f) {
  for (Index i = 0; i < block.rows; ++i) {
    float* scores = scores_ + i * keys_;
    kernels::vector_kernels().softmax(scores, scores, keys_);
  }
  multiply(block.rows, s_.channels_, keys_, 1, {scores_, keys_}, {value_, s_.channels_}, false, result_,
           s_.channels_);
  for (Index i = 0; i < block.rows; ++i) {
    float* result = result_ + i * s_.channels_;
    const bool class_token = s_.operation_.class_token && block.first + i == 0;
    if (s_.operation_.add_query && !class_token)
      for (Index c = 0; c < s_.channels_; ++c) result[c] += query_[i * s_.channels_ + c];
    store(s_.out_, f.output, head_ * s_.channels_, s_.windows_.query_row(block.window, block.first + i),
          result);
  }
}

void TrainHead::backward(const Backward& b) {
  take_memory(b.scratch, true);
  if (s_.operation_.bias == Attention::Bias::decomposed)
    for (std::size_t axis = 0; axis < 3; ++axis)
      std::fill_n(
          b.parameters[axis],
          (2 * std::max(s_.operation_.query_map[axis], s_.operation_.key_map[axis]) - 1) * s_.channels_,
          0.0F);
  const Index biases = s_.biased() ? s_.windows_.queries() * keys_ : 0;
  std::fill_n(bias_gradient_, biases, 0.0F);
  std::fill_n(key_gradient_, keys_ * s_.depth_, 0.0F);
  std::fill_n(value_gradient_, keys_ * s_.channels_, 0.0F);
  each_block([&](const Block& block) { go_back(block, b); },
             [&](Index window) { write_key_gradients(window, b); });
  if (s_.operation_.bias == Attention::Bias::table) add_table_gradient(b);
}

// dS = P·(dP − Σ P·dP) with dP = dO·Vᵀ, in scores_' and score_gradient_'s place.
void TrainHead::go_back(const Block& block, const Backward& b) {
  for (Index i = 0; i < block.rows; ++i) {
    const Index row = s_.windows_.query_row(block.window, block.first + i);
    const Index at = (clip_ * s_.out_.extents.positions() + row) * s_.out_.padded + head_ * s_.channels_;
    float* gradient = gradient_ + i * s_.channels_;
    if (s_.out_.type == kernels::ElementType::f32)
      std::copy_n(static_cast<const float*>(b.gradient) + at, s_.channels_, gradient);
    else
      kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(b.gradient) + at, gradient,
                                       s_.channels_);
    float* weights = scores_ + i * keys_;
    kernels::vector_kernels().softmax(weights, weights, keys_);
  }
  multiply(block.rows, keys_, s_.channels_, 1, {gradient_, s_.channels_}, {value_, s_.channels_, true}, false,
           score_gradient_, keys_);
  multiply(keys_, s_.channels_, block.rows, 1, {scores_, keys_, true}, {gradient_, s_.channels_}, true,
           value_gradient_, s_.channels_);
  for (Index i = 0; i < block.rows; ++i) {
    const float* weights = scores_ + i * keys_;
    float* gradient = score_gradient_ + i * keys_;
    double sum = 0;
    for (Index j = 0; j < keys_; ++j) sum += double{weights[j]} * double{gradient[j]};
    const auto mean = static_cast<float>(sum);
    for (Index j = 0; j < keys_; ++j) gradient[j] = weights[j] * (gradient[j] - mean);
  }
  if (s_.biased())
    for (Index i = 0; i < block.rows * keys_; ++i)
      bias_gradient_[block.first * keys_ + i] += score_gradient_[i];
  multiply(keys_, s_.depth_, block.rows, 1, {score_gradient_, keys_, true}, {scaled_, s_.depth_}, true,
           key_gradient_, s_.depth_);
  query_gradients(block, b);
}

void TrainHead::query_gradients(const Block& block, const Backward& b) {
  multiply(block.rows, s_.depth_, keys_, 1, {score_gradient_, keys_}, {key_, s_.depth_}, false,
           query_gradient_, s_.depth_);
  for (Index i = 0; i < block.rows; ++i) {
    float* gradient = query_gradient_ + i * s_.depth_;
    for (Index c = 0; c < s_.channels_; ++c) gradient[c] *= s_.scale_;
    const bool class_token = s_.operation_.class_token && block.first + i == 0;
    if (s_.operation_.add_query && !class_token)
      for (Index c = 0; c < s_.channels_; ++c) gradient[c] += gradient_[i * s_.channels_ + c];
  }
  feature_gradients(block, b);
  if (b.inputs[layout_of(0)] == nullptr) return;
  for (Index i = 0; i < block.rows; ++i)
    store(s_.in_[0], b.inputs[0], first_channel(0), s_.windows_.query_row(block.window, block.first + i),
          query_gradient_ + i * s_.depth_);
}

// A feature is the product of a query with a vector: each takes the other times its gradient.
void TrainHead::feature_gradients(const Block& block, const Backward& b) {
  if (s_.operation_.bias != Attention::Bias::decomposed) return;
  const Axes &queries = s_.operation_.query_map, &keys = s_.operation_.key_map;
  const Index class_tokens = s_.operation_.class_token ? 1 : 0;
  for (Index i = 0; i < block.rows; ++i) {
    const Index position = block.first + i - class_tokens;
    if (position < 0) continue;
    const std::array<Index, 3> at{position / (Index{1} * queries[1] * queries[2]),
                                  position / queries[2] % queries[1], position % queries[2]};
    float* gradient = query_gradient_ + i * s_.depth_;
    const float* feature = gradient + s_.channels_;
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (int k = 0; k < keys[axis]; ++k, ++feature) {
        const Index row =
            decomposed_row(static_cast<int>(at[axis]), k, queries[axis], keys[axis]) * s_.channels_;
        for (Index c = 0; c < s_.channels_; ++c) {
          b.parameters[axis][row + c] += *feature * query_[i * s_.channels_ + c];
          gradient[c] += *feature * parameters_[axis][row + c];
        }
      }
  }
}

void TrainHead::write_key_gradients(std::int64_t window, const Backward& b) {
  for (Index j = 0; j < keys_; ++j) {
    const Index row = s_.windows_.key_row(window, j);
    if (void* to = b.inputs[layout_of(1)])
      store(s_.in_[layout_of(1)], to, first_channel(1), row, key_gradient_ + j * s_.depth_);
    if (void* to = b.inputs[layout_of(2)])
      store(s_.in_[layout_of(2)], to, first_channel(2), row, value_gradient_ + j * s_.channels_);
  }
  std::fill_n(key_gradient_, keys_ * s_.depth_, 0.0F);
  std::fill_n(value_gradient_, keys_ * s_.channels_, 0.0F);
}

void TrainHead::add_table_gradient(const Backward& b) const {
  Index rows = 1;
  for (const int extent : s_.operation_.table) rows *= 2 * extent - 1;
  std::fill_n(b.parameters[0], rows, 0.0F);
  for (Index i = 0; i < s_.windows_.queries(); ++i)
    for (Index j = 0; j < keys_; ++j)
      b.parameters[0][s_.windows_.table_row(i, j)] += bias_gradient_[i * keys_ + j];
}

}  // namespace actionflow::training
