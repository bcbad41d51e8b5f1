// One head of one clip in training: its forward and its backward pass, in f32.
#pragma once

#include <vector>

#include "models/kernels/attention/features.h"
#include "models/kernels/attention/windows.h"
#include "models/kernels/layout.h"

namespace actionflow::training {

// What all heads of an attention share. Immutable.
class TrainHeadShape {
 public:
  TrainHeadShape(const Attention& operation, std::vector<kernels::Layout> in, const kernels::Layout& out);

  const Attention& operation() const { return operation_; }
  std::int64_t channels() const { return channels_; }  // of a head
  std::int64_t positions() const { return out_.extents.positions(); }
  std::int64_t forward_floats() const;  // of scratch
  std::int64_t backward_floats() const;

 private:
  friend class TrainHead;
  bool biased() const { return operation_.bias == Attention::Bias::table || windows_.patterns() > 1; }
  std::int64_t block() const;  // queries at a time

  Attention operation_;
  std::vector<kernels::Layout> in_;
  kernels::Layout out_;
  std::int64_t channels_, depth_;  // depth_: with the features of a decomposed bias
  float scale_;
  kernels::AttentionWindows windows_;
};

class TrainHead {
 public:
  struct Forward {
    float* scratch;
    void* output;
  };
  struct Backward {
    float* scratch;
    const void* gradient;
    std::vector<void*> inputs;       // their gradients, null where not wanted
    std::vector<float*> parameters;  // of this head alone, written: a table's column, or all of the vectors
  };

  TrainHead(const TrainHeadShape& shape, const kernels::BiasFeatures& features,
            const std::vector<const float*>& parameters, const std::vector<const void*>& inputs,
            std::int64_t clip, std::int64_t head);

  void forward(const Forward& f);
  void backward(const Backward& b);

 private:
  struct Block {
    std::int64_t window = 0, first = 0, rows = 0;
  };

  void take_memory(float* scratch, bool backward);
  void load(std::size_t input, std::int64_t row, float* to) const;
  void store(const kernels::Layout& layout, void* memory, std::int64_t first, std::int64_t row,
             const float* from) const;
  std::int64_t first_channel(std::size_t input) const;
  std::size_t layout_of(std::size_t input) const { return s_.in_.size() == 1 ? 0 : input; }

  void load_keys(std::int64_t window);
  void load_queries(const Block& block);
  void set_bias(std::size_t pattern);
  void score(const Block& block);
  void weigh_and_write(const Block& block, const Forward& f);
  void go_back(const Block& block, const Backward& b);
  void query_gradients(const Block& block, const Backward& b);
  void feature_gradients(const Block& block, const Backward& b);
  void write_key_gradients(std::int64_t window, const Backward& b);
  void add_table_gradient(const Backward& b) const;
  template <class F, class G>
  void each_block(F body, G after_window);

  const TrainHeadShape& s_;
  const kernels::BiasFeatures& features_;
  const std::vector<const float*>& parameters_;
  const std::vector<const void*>& inputs_;
  std::int64_t clip_, head_, keys_;
  // Plain matrices, a row a query or a key.
  float *key_ = nullptr, *value_ = nullptr, *query_ = nullptr, *scaled_ = nullptr, *scores_ = nullptr;
  float *result_ = nullptr, *bias_ = nullptr;  // bias: queries of a window × keys
  float *gradient_ = nullptr, *score_gradient_ = nullptr, *query_gradient_ = nullptr;
  float *key_gradient_ = nullptr, *value_gradient_ = nullptr, *bias_gradient_ = nullptr;
};

}  // namespace actionflow::training
