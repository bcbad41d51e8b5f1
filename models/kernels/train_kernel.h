// What a training step runs: a kernel computes one operation's value, and from the gradient of that value
// those of its inputs and parameters, for one shape, element type and processor.
//
// Values and their gradients lie as kernels::Layout says: N,T,H,W,C with channels padded, f32 or bf16;
// the padding channels of values and of gradients are zero, and every kernel keeps them so. Parameters and
// their gradients are plain f32 in the shapes of Parameter::shape, whatever the values' type (f32 masters),
// so a kernel brings them into its own layout at each step, with lay_out() or on its way.
//
// A kernel is immutable and holds nothing between forward() and backward(): what it has to remember beyond
// the values it asked for (backward_reads) it leaves in `saved`. All memory is the caller's, 64-byte aligned.
// Threads: the OpenMP threads of the calling thread, as many as when the kernel was made. Equal arguments
// and equal threads give equal bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"

namespace actionflow::training {

using kernels::Layout;

// Which random numbers a step draws: functions of these, the node's name and the element only.
struct StepKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::int64_t first_clip = 0;  // of the batch, where a part of it is computed
};

// What each part of a batch has added up (TrainKernel::batch_sums()), part after part, and which of them is
// being computed. Empty: the batch is computed whole.
struct BatchSums {
  std::span<const double> parts;
  std::size_t own = 0;
};

struct ForwardArguments {
  std::vector<const void*> inputs;
  void* output = nullptr;
  // In the order of GraphNode::parameters. Batch norm writes its moving statistics, nothing else is written.
  std::vector<float*> parameters;
  void* saved = nullptr;           // saved_bytes(), kept until backward()
  const void* laid_out = nullptr;  // by lay_out()
  void* scratch = nullptr;         // forward_scratch_bytes()
  StepKey key;
  BatchSums sums;
};

struct BackwardArguments {
  std::vector<const void*> inputs;  // null where backward_reads() does not ask for it
  const void* output = nullptr;     // likewise
  std::vector<const float*> parameters;
  const void* saved = nullptr;
  const void* laid_out = nullptr;  // by lay_out()
  void* scratch = nullptr;         // backward_scratch_bytes()
  StepKey key;
  const void* output_gradient = nullptr;  // the output's layout
  // Written (not added to), each in its input's layout; null where it is not wanted.
  std::vector<void*> input_gradients;
  // Added to; null where the parameter is frozen or not trainable.
  std::vector<float*> parameter_gradients;
  BatchSums sums;
};

struct BackwardReads {
  std::vector<bool> inputs;  // values that have to stand until backward()
  bool output = false;
};

enum class Direction { forward, backward };

class TrainKernel {
 public:
  virtual ~TrainKernel() = default;

  // What a direction reads of the parameters in a layout of the kernel's own: made once, into
  // laid_out_bytes() bytes, before all parts of a batch run it.
  virtual std::size_t laid_out_bytes(Direction) const { return 0; }
  virtual void lay_out(Direction, std::span<const float* const>, void*) const {}

  virtual void forward(const ForwardArguments& arguments) const = 0;
  virtual void backward(const BackwardArguments& arguments) const = 0;

  virtual BackwardReads backward_reads() const = 0;
  virtual std::size_t saved_bytes() const { return 0; }

  // A kernel whose values depend on all clips of a batch (batch norm), where the batch is computed in parts,
  // maybe by several processes: batch_sums() numbers a part, added up by forward_sums() and, later, by
  // backward_sums(), which are given what forward() and backward() are; these are then given the sums of all
  // parts. What moves once a batch is moved by move_statistics(), with the sums of forward, and not by
  // forward(). 0: no such kernel, and the others are not called.
  virtual std::size_t batch_sums() const { return 0; }
  virtual void forward_sums(const ForwardArguments&, std::span<double>) const {}
  virtual void backward_sums(const BackwardArguments&, std::span<double>) const {}
  virtual void move_statistics(std::span<float* const>, std::span<const double>) const {}

  virtual std::size_t forward_scratch_bytes() const { return 0; }
  virtual std::size_t backward_scratch_bytes() const { return 0; }

  // forward() may be given an output that is inputs[0]'s memory. Only where backward does not read input 0.
  virtual bool works_in_place() const { return false; }
  // backward() may be given an input_gradients[0] that is output_gradient's memory.
  virtual bool gradient_in_place() const { return false; }
  // backward() may write into output_gradient's memory, which nothing else reads then.
  virtual bool overwrites_gradient() const { return false; }

  virtual std::string implementation() const = 0;  // "brgconv:avx512_core", "own:batch_norm"
};

struct TrainKernelRequest {
  const Graph& graph;
  const GraphNode& node;
  std::vector<Layout> in;  // one an input; unpadded or padded to 16
  Layout out;
  std::vector<bool> wants_input_gradient;
  std::vector<bool> wants_parameter_gradient;  // by parameter of the node
  bool relu = false;               // the value is max(0, operation): its ReLU node was drawn into this one
  bool frozen_statistics = false;  // batch norm uses its moving mean and variance and leaves them
  int threads = 1;
};

// One maker a file in models/training/; each throws ModelError that names the node for what it cannot train.
std::unique_ptr<TrainKernel> make_convolution(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_depthwise_convolution(const TrainKernelRequest& request);
// Of one whose kernel repeats.
std::unique_ptr<TrainKernel> make_repeated_convolution(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_dense(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_recurrent(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_conv_lstm(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_batch_norm(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_activation(const TrainKernelRequest& request);  // softmax too
std::unique_ptr<TrainKernel> make_prelu(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_scale(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_dropout(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_pooling(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_reduction(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_elementwise(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_concat(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_reshape(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_permute(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_slice(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_layer_norm(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_class_token(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_position_embedding(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_attention(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_matmul(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_constant(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_select_frames(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_time_shift(const TrainKernelRequest& request);
std::unique_ptr<TrainKernel> make_cumulative_mean(const TrainKernelRequest& request);

// Whether the maker for this operation understands TrainKernelRequest::relu.
bool takes_relu(const Operation& operation);

// The kernel of a node, by its operation.
std::unique_ptr<TrainKernel> make_train_kernel(const TrainKernelRequest& request);

}  // namespace actionflow::training
