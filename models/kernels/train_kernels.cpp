#include "base/error.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

class Maker {
 public:
  explicit Maker(const TrainKernelRequest& request) : r_(request) {}

  std::unique_ptr<TrainKernel> operator()(const Convolution& operation) const {
    if (operation.repeats > 1) return make_repeated_convolution(r_);
    const bool depthwise = operation.groups > 1 && operation.groups == r_.in[0].extents.c &&
                           operation.filters == operation.groups;
    return depthwise ? make_depthwise_convolution(r_) : make_convolution(r_);
  }
  std::unique_ptr<TrainKernel> operator()(const Pooling&) const { return make_pooling(r_); }
  std::unique_ptr<TrainKernel> operator()(const Reduction&) const { return make_reduction(r_); }
  std::unique_ptr<TrainKernel> operator()(const BatchNorm&) const { return make_batch_norm(r_); }
  std::unique_ptr<TrainKernel> operator()(const Activation&) const { return make_activation(r_); }
  std::unique_ptr<TrainKernel> operator()(const PRelu&) const { return make_prelu(r_); }
  std::unique_ptr<TrainKernel> operator()(const Scale&) const { return make_scale(r_); }
  std::unique_ptr<TrainKernel> operator()(const Dense&) const { return make_dense(r_); }
  std::unique_ptr<TrainKernel> operator()(const Dropout&) const { return make_dropout(r_); }
  std::unique_ptr<TrainKernel> operator()(const Reshape&) const { return make_reshape(r_); }
  std::unique_ptr<TrainKernel> operator()(const Permute&) const { return make_permute(r_); }
  std::unique_ptr<TrainKernel> operator()(const Concat&) const { return make_concat(r_); }
  std::unique_ptr<TrainKernel> operator()(const Elementwise&) const { return make_elementwise(r_); }
  std::unique_ptr<TrainKernel> operator()(const Slice&) const { return make_slice(r_); }
  std::unique_ptr<TrainKernel> operator()(const SelectFrames&) const { return make_select_frames(r_); }
  std::unique_ptr<TrainKernel> operator()(const TimeShift&) const { return make_time_shift(r_); }
  std::unique_ptr<TrainKernel> operator()(const CumulativeMean&) const { return make_cumulative_mean(r_); }
  std::unique_ptr<TrainKernel> operator()(const Recurrent&) const { return make_recurrent(r_); }
  std::unique_ptr<TrainKernel> operator()(const ConvLstm&) const { return make_conv_lstm(r_); }
  std::unique_ptr<TrainKernel> operator()(const LayerNorm&) const { return make_layer_norm(r_); }
  std::unique_ptr<TrainKernel> operator()(const ClassToken&) const { return make_class_token(r_); }
  std::unique_ptr<TrainKernel> operator()(const PositionEmbedding&) const {
    return make_position_embedding(r_);
  }
  std::unique_ptr<TrainKernel> operator()(const Attention&) const { return make_attention(r_); }
  std::unique_ptr<TrainKernel> operator()(const MatMul&) const { return make_matmul(r_); }
  std::unique_ptr<TrainKernel> operator()(const Constant&) const { return make_constant(r_); }
  std::unique_ptr<TrainKernel> operator()(const History&) const {
    throw ModelError("layer '" + r_.node.name + "': what runs along a stream is trained as a whole sequence");
  }

 private:
  const TrainKernelRequest& r_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_train_kernel(const TrainKernelRequest& request) {
  return std::visit(Maker(request), request.node.operation);
}

bool takes_relu(const Operation& operation) {
  return std::holds_alternative<Convolution>(operation) || std::holds_alternative<Dense>(operation) ||
         std::holds_alternative<BatchNorm>(operation) || std::holds_alternative<Elementwise>(operation);
}

}  // namespace actionflow::training
