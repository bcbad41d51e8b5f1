#include "models/kernels/attention/attention.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "base/machine/processor.h"
#include "models/kernels/attention/features.h"
#include "models/kernels/attention/products.h"
#include "models/kernels/attention/windows.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

using training::piece;

constexpr std::int64_t kQueries = 48;      // of a block
constexpr std::int64_t kKeys = 256;        // likewise, a multiple of 16
constexpr float kLogarithm = 1.44269504F;  // of e in base two
constexpr float kUnseen = -1e30F;          // the score of a key that is not seen

template <class Element>
class AttentionKernel final : public Kernel {
 public:
  explicit AttentionKernel(AttentionProblem problem)
      : p_(std::move(problem)),
        channels_(p_.out.extents.c / p_.operation.heads),
        padded_(padded_channels(channels_)),
        scale_(kLogarithm * score_scale(p_.operation, channels_)),
        windows_(p_.operation, p_.in[0].extents, key_layout().extents),
        features_(p_.operation, channels_, p_.vectors),
        depth_((channels_ + features_.count() + kTogether - 1) / kTogether * kTogether),
        keys_(padded_channels(windows_.keys())),
        blocks_((windows_.queries() + kQueries - 1) / kQueries),
        workers_(std::max(1, omp_get_max_threads())) {
    p_.vectors = {};
    key_at_ = pieces_.add(elements(packings() * keys_ * depth_));
    value_at_ = pieces_.add(elements(packings() * keys_ * padded_));
    query_at_ = local_.add_floats(kQueries * padded_);
    scaled_at_ = local_.add_floats(kQueries * depth_);
    scores_at_ = local_.add_floats(kQueries * std::min(kKeys, keys_));
    taken_queries_at_ = local_.add(kTogether > 1 ? elements(kQueries * depth_) : 0);
    taken_weights_at_ = local_.add(kTogether > 1 ? elements(kQueries * std::min(kKeys, keys_)) : 0);
    totals_at_ = local_.add_floats(kQueries * padded_);
    peak_at_ = local_.add_floats(kQueries);
    sum_at_ = local_.add_floats(kQueries);
    bias_at_ = local_.add_floats(has_bias() ? kQueries * keys_ : 0);
    local_begin_ = pieces_.bytes();
  }

  std::string implementation() const override {
    return std::string("own:attention:") + ProductForm<Element>::name();
  }
  std::size_t weight_bytes() const override { return features_.bytes() + p_.table.size() * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return local_begin_ + static_cast<std::size_t>(workers_) * local_.bytes();
  }

  void run(const Arguments& a) const override {
    parallel_for(packings(), packings() * keys_ * depth_, [&](std::int64_t i) { pack(a, i); });
    const std::int64_t tasks = p_.operation.heads * blocks_;
    const std::int64_t work = packings() * windows_.queries() * keys_ * depth_;
    parallel_for(workers_, work, [&](std::int64_t worker) {
      std::byte* local = static_cast<std::byte*>(a.scratch) + local_begin_ +
                         static_cast<std::size_t>(worker) * local_.bytes();
      for (std::int64_t task = worker; task < tasks; task += workers_)
        attend(a, task / blocks_, task % blocks_ * kQueries, local);
    });
  }

 private:
  static constexpr std::int64_t kTogether = ProductForm<Element>::kTogether;

  static std::size_t elements(std::int64_t count) {
    return static_cast<std::size_t>(count) * sizeof(Element);
  }
  bool joined() const { return p_.in.size() == 1; }
  const Layout& key_layout() const { return p_.in[joined() ? 0 : 1]; }
  bool has_bias() const { return p_.operation.bias == Attention::Bias::table || windows_.patterns() > 1; }
  std::int64_t clips() const { return p_.out.batch; }
  // Keys and values of a head in a window, numbered by clip, window and head.
  std::int64_t packings() const { return clips() * windows_.count() * p_.operation.heads; }

  // Input 0, 1 and 2: q, k and v of a head in a clip.
  HeadRows rows_of(const Arguments& a, std::int64_t input, std::int64_t clip, std::int64_t head) const {
    const Layout& layout = p_.in[static_cast<std::size_t>(joined() ? 0 : input)];
    const std::int64_t part = joined() ? input * p_.out.extents.c : 0;
    return {layout.type, a.inputs[static_cast<std::size_t>(joined() ? 0 : input)],
            clip * layout.extents.positions() * layout.padded + part + head * channels_, layout.padded};
  }

  // Keys as panels of 16 with their features behind their channels; values by blocks of keys, in panels of 16
  // channels.
  void pack(const Arguments& a, std::int64_t index) const {
    const std::int64_t heads = p_.operation.heads, head = index % heads;
    const std::int64_t window = index / heads % windows_.count(), clip = index / heads / windows_.count();
    const HeadRows key = rows_of(a, 1, clip, head), value = rows_of(a, 2, clip, head);
    Element* keys = piece<Element>(a.scratch, key_at_) + index * keys_ * depth_;
    Element* values = piece<Element>(a.scratch, value_at_) + index * keys_ * padded_;
    std::fill_n(keys, keys_ * depth_, Element{0});
    std::fill_n(values, keys_ * padded_, Element{0});
    thread_local std::vector<float> row;
    thread_local std::vector<Element> taken;
    row.resize(static_cast<std::size_t>(std::max(depth_, padded_)));
    taken.resize(row.size());
    for (std::int64_t j = 0; j < windows_.keys(); ++j) {
      std::fill(row.begin(), row.end(), 0.0F);
      key.load(windows_.key_row(window, j), channels_, row.data());
      std::array<std::int64_t, 3> ones{};
      if (features_.of_key(j, ones))
        for (const std::int64_t one : ones) row[static_cast<std::size_t>(channels_ + one)] = 1;
      put_key(ProductForm<Element>::taken(row.data(), depth_, taken.data()), j, keys);
      value.load(windows_.key_row(window, j), channels_, row.data());
      put_value(ProductForm<Element>::taken(row.data(), channels_, taken.data()), j, values);
    }
  }

  void put_key(const Element* key, std::int64_t j, Element* keys) const {
    Element* panel = keys + j / kChannelBlock * depth_ * kChannelBlock + j % kChannelBlock * kTogether;
    for (std::int64_t c = 0; c < depth_; c += kTogether)
      for (std::int64_t i = 0; i < kTogether; ++i) panel[c * kChannelBlock + i] = key[c + i];
  }

  void put_value(const Element* value, std::int64_t j, Element* values) const {
    const std::int64_t block = j / kKeys, in_block = j % kKeys, block_keys = keys_of(block);
    Element* row = values + block * kKeys * padded_ + in_block / kTogether * kChannelBlock * kTogether +
                   in_block % kTogether;
    for (std::int64_t c = 0; c < channels_; ++c)
      row[c / kChannelBlock * block_keys * kChannelBlock + c % kChannelBlock * kTogether] = value[c];
  }

  std::int64_t keys_of(std::int64_t block) const { return std::min(kKeys, keys_ - block * kKeys); }

  // A head's queries from `first` on, in every window.
  void attend(const Arguments& a, std::int64_t head, std::int64_t first, std::byte* local) const {
    const std::int64_t rows = std::min(kQueries, windows_.queries() - first);
    for (std::size_t pattern = 0; pattern < windows_.patterns(); ++pattern) {
      const bool biased = set_bias(head, first, rows, pattern, local);
      for (const std::int64_t window : windows_.windows_of(pattern))
        for (std::int64_t clip = 0; clip < clips(); ++clip)
          attend_in(a, {clip, window, head, first, rows, biased}, local);
    }
  }

  // False where there is none.
  bool set_bias(std::int64_t head, std::int64_t first, std::int64_t rows, std::size_t pattern,
                std::byte* local) const {
    const bool has_table = p_.operation.bias == Attention::Bias::table;
    if (!has_table && windows_.all_see(pattern)) return false;
    const std::size_t distances = p_.table.size() / static_cast<std::size_t>(p_.operation.heads);
    const float* table = p_.table.data() + static_cast<std::size_t>(head) * distances;
    float* bias = piece<float>(local, bias_at_);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < keys_; ++j) {
        float& value = bias[i * keys_ + j] = 0;
        if (j >= windows_.keys()) continue;
        if (!windows_.sees(pattern, first + i, j))
          value = kUnseen;
        else if (has_table)
          value = table[windows_.table_row(first + i, j)];
      }
    return true;
  }

  struct Block {
    std::int64_t clip, window, head, first, rows;
    bool biased;
  };

  void attend_in(const Arguments& a, const Block& b, std::byte* local) const {
    float *query = piece<float>(local, query_at_), *scaled = piece<float>(local, scaled_at_);
    float *scores = piece<float>(local, scores_at_), *totals = piece<float>(local, totals_at_);
    float *peak = piece<float>(local, peak_at_), *sum = piece<float>(local, sum_at_);
    set_queries(a, b, query, scaled);
    std::fill_n(totals, b.rows * padded_, 0.0F);
    std::fill_n(peak, b.rows, kUnseen);
    std::fill_n(sum, b.rows, 0.0F);
    const std::int64_t packing = (b.clip * windows_.count() + b.window) * p_.operation.heads + b.head;
    const Element* keys = piece<const Element>(a.scratch, key_at_) + packing * keys_ * depth_;
    const Element* values = piece<const Element>(a.scratch, value_at_) + packing * keys_ * padded_;
    const Element* queries =
        ProductForm<Element>::taken(scaled, b.rows * depth_, piece<Element>(local, taken_queries_at_));
    for (std::int64_t key = 0; key < windows_.keys(); key += kKeys) {
      const std::int64_t count = keys_of(key / kKeys);
      if (b.biased)
        for (std::int64_t i = 0; i < b.rows; ++i)
          std::copy_n(piece<float>(local, bias_at_) + i * keys_ + key, count, scores + i * count);
      ProductForm<Element>::multiply({b.rows, depth_, count / kChannelBlock, depth_, count}, queries,
                                     keys + key * depth_, scores, b.biased);
      vector_kernels().weigh_scores({.scores = scores,
                                     .rows = b.rows,
                                     .columns = std::min(count, windows_.keys() - key),
                                     .stride = count,
                                     .peak = peak,
                                     .sum = sum,
                                     .totals = totals,
                                     .totals_stride = padded_});
      const Element* weights =
          ProductForm<Element>::taken(scores, b.rows * count, piece<Element>(local, taken_weights_at_));
      ProductForm<Element>::multiply({b.rows, count, padded_ / kChannelBlock, count, padded_}, weights,
                                     values + key * padded_, totals, true);
    }
    write(a, b, query, totals, sum);
  }

  void set_queries(const Arguments& a, const Block& b, float* query, float* scaled) const {
    const HeadRows rows = rows_of(a, 0, b.clip, b.head);
    for (std::int64_t i = 0; i < b.rows; ++i) {
      rows.load(windows_.query_row(b.window, b.first + i), channels_, query + i * padded_);
      vector_kernels().binary(Elementwise::Kind::multiply, 1, query + i * padded_, 1, &scale_, 0,
                              scaled + i * depth_, channels_);
    }
    if (channels_ + features_.count() < depth_)
      for (std::int64_t i = 0; i < b.rows; ++i) scaled[(i + 1) * depth_ - 1] = 0;
    features_.of_queries(query, padded_, b.first, b.rows, scaled + channels_, depth_);
  }

  void write(const Arguments& a, const Block& b, const float* query, float* totals, const float* sum) const {
    const std::int64_t clip_row = b.clip * p_.out.extents.positions();
    for (std::int64_t i = 0; i < b.rows; ++i) {
      float* row = totals + i * padded_;
      const float share = 1 / sum[i];
      vector_kernels().binary(Elementwise::Kind::multiply, 1, row, 1, &share, 0, row, channels_);
      const bool class_token = p_.operation.class_token && b.first + i == 0;
      if (p_.operation.add_query && !class_token)
        vector_kernels().binary(Elementwise::Kind::add, 1, row, 1, query + i * padded_, 1, row, channels_);
      const std::int64_t at = (clip_row + windows_.query_row(b.window, b.first + i)) * p_.out.padded;
      training::store_chunk(p_.out.type, row, a.output, at + b.head * channels_, channels_);
      if (b.head + 1 == p_.operation.heads)
        training::clear_chunk(p_.out.type, a.output, at + p_.out.extents.c, p_.out.padded - p_.out.extents.c);
    }
  }

  AttentionProblem p_;
  std::int64_t channels_, padded_;  // of a head
  float scale_;                     // of scores, which are in base two
  AttentionWindows windows_;
  BiasFeatures features_;
  std::int64_t depth_;  // of a query's product with a key
  std::int64_t keys_;   // of a window, padded
  std::int64_t blocks_;
  int workers_;
  training::Pieces pieces_, local_;  // shared by all, and of each worker
  std::size_t key_at_ = 0, value_at_ = 0, local_begin_ = 0;
  std::size_t query_at_ = 0, scaled_at_ = 0, taken_queries_at_ = 0, taken_weights_at_ = 0, scores_at_ = 0,
              totals_at_ = 0, peak_at_ = 0, sum_at_ = 0, bias_at_ = 0;
};

// A table's columns one after another, in base two as scores are.
std::vector<float> by_head(const std::vector<float>& table, std::size_t heads) {
  std::vector<float> result;
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t i = head; i < table.size(); i += heads) result.push_back(kLogarithm * table[i]);
  return result;
}

}  // namespace

std::unique_ptr<Kernel> make_attention(AttentionProblem problem) {
  problem.table = by_head(problem.table, static_cast<std::size_t>(problem.operation.heads));
  for (std::vector<float>& vectors : problem.vectors)
    for (float& value : vectors) value *= kLogarithm;
  const bool half = std::any_of(problem.in.begin(), problem.in.end(),
                                [](const Layout& layout) { return layout.type == ElementType::bf16; });
  if (half && has_avx512_bf16()) return std::make_unique<AttentionKernel<std::uint16_t>>(std::move(problem));
  return std::make_unique<AttentionKernel<float>>(std::move(problem));
}

}  // namespace actionflow::kernels
