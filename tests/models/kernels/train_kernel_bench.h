// One training kernel on the bench: a graph of one node (made with GraphMaker), memory for it, its passes and
// the check of its gradients against differences of its forward pass.
//
//   GraphMaker maker({20, 2, 5, 5});
//   maker.batch_norm(-1);
//   TrainKernelBench bench(maker, {.relu = true});
//   const Tensor value = bench.forward();
//   EXPECT_LT(bench.check_gradients().worst, 2e-3);
//
// Values and gradients are given and read as N×C×T×H×W f32. All memory that a kernel has to write holds NaN
// before, what backward_reads() does not ask for is NaN in backward, and padding that is not zero afterwards
// is a failure of the running test. Parameter gradients begin at 1, since kernels add to them; what is read
// here is what was added.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/kernels/train_kernel.h"
#include "tests/models/graph/network_graphs.h"

namespace actionflow::testing {

struct BenchOptions {
  std::int64_t batch = 2;
  kernels::ElementType type = kernels::ElementType::f32;  // of maps; vectors stay f32, as in plans
  int threads = 1;
  bool relu = false, frozen_statistics = false;
  bool pad_all = false;   // few channels are padded, too
  bool in_place = false;  // where the kernel can
  // Inputs whose gradient is not wanted; parameters (roles) whose gradient is not.
  std::vector<bool> unwanted_inputs = {};
  std::vector<std::string> frozen = {};
  training::StepKey key{1, 2};
};

struct Gradients {
  std::vector<Tensor> inputs;                // empty where not wanted
  std::map<std::string, Tensor> parameters;  // by role
  bool operator==(const Gradients& other) const;
};

struct KernelCheck {
  double worst = 0;   // |difference quotient − gradient| over the tensor's largest gradient
  std::string where;  // "input 0 [12]: gradient 0.1, difference quotient 0.2"
  int checked = 0;
  int kinks = 0;  // elements left out, since the quotients of both sides differ
};

class TrainKernelBench {
 public:
  TrainKernelBench(const GraphMaker& maker, BenchOptions options = {});
  ~TrainKernelBench();
  TrainKernelBench(TrainKernelBench&&) noexcept;

  // To be changed before forward(). Random in [−1, 1) at first; moving variances in [0.5, 1.5).
  Tensor& input(std::size_t i = 0) { return inputs_[i]; }
  std::size_t input_count() const { return inputs_.size(); }
  Tensor& parameter(const std::string& role);

  const training::TrainKernel& kernel() const { return *kernel_; }
  const kernels::Layout& input_layout(std::size_t i = 0) const { return in_[i]; }
  const kernels::Layout& output_layout() const { return out_; }

  Tensor forward();
  // What plain loops say (tests/models/reference.h), ReLU included. Batch norm: by moving statistics.
  Tensor reference() const;
  // Of Σ gradient·output, after forward().
  Gradients backward(const Tensor& output_gradient);
  // A gradient to begin with, random in [−1, 1).
  Tensor output_gradient(std::uint32_t seed = 99) const;

  // Up to `elements` of each input and parameter. f32.
  KernelCheck check_gradients(int elements = 24, double distance = 4e-3);

 private:
  struct Memory;
  Tensor unpack(const kernels::Layout& layout, const void* memory, const std::string& what) const;
  double objective(const Tensor& weights);
  void check_tensor(const std::string& what, std::span<float> values, const Tensor& gradient,
                    const Tensor& weights, int elements, double distance, KernelCheck& check);

  Graph graph_;
  BenchOptions options_;
  std::vector<kernels::Layout> in_;
  kernels::Layout out_;
  std::vector<Tensor> inputs_, parameters_;
  std::unique_ptr<training::TrainKernel> kernel_;
  std::unique_ptr<Memory> memory_;
};

// Forward beside plain loops (`forward`: also compare), gradients beside differences, the same in place, bf16
// beside f32, the same bits twice and with two threads.
struct StandardChecks {
  bool forward = true;         // beside reference()
  bool thread_bits = true;     // two threads give one thread's bits
  double gradients = 3e-3;     // greatest error allowed
  double bf16 = 0.04;          // likewise, over the greatest element
  bool bf16_products = false;  // the kernel multiplies in bf16, which not every processor can
  BenchOptions options = {};   // type, threads and places are set by the checks
};
void expect_trains(const GraphMaker& maker, const StandardChecks& checks = {});

}  // namespace actionflow::testing
