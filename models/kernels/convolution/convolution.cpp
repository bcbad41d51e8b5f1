#include "models/kernels/convolution/convolution.h"

#include <algorithm>
#include <array>

#include "models/kernels/indirect/indirect.h"
#include "models/kernels/winograd/winograd.h"

namespace actionflow::kernels {

bool adds_in_place(const std::vector<PostOperation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [](const PostOperation& operation) {
    const auto* add = std::get_if<AddInput>(&operation);
    return add != nullptr && add->in_place;
  });
}

bool is_pointwise(const ConvolutionProblem& p) {
  const Convolution& c = p.operation;
  const Axes ones{1, 1, 1}, none{0, 0, 0};
  return c.groups == 1 && c.kernel == ones && c.stride == ones && c.pad_begin == none && c.pad_end == none &&
         p.in.type == ElementType::f32 && p.out.type == ElementType::f32;
}

std::span<const Candidate<ConvolutionProblem, Kernel>> convolution_candidates() {
  static constexpr std::array<Candidate<ConvolutionProblem, Kernel>, 8> kCandidates{
      {{"depthwise", depthwise_convolution},
       {"winograd", winograd_convolution, false},
       {"winograd exact in time", winograd_exact_convolution},
       {"indirect", indirect_convolution},
       {"onednn", onednn_convolution},
       {"indirect otherwise", indirect_convolution_otherwise},
       {"onednn reference", onednn_reference_convolution},
       {"direct", direct_convolution}}};
  return kCandidates;
}

std::span<const Candidate<ConvolutionProblem, Kernel>> integer_convolution_candidates() {
  static constexpr std::array<Candidate<ConvolutionProblem, Kernel>, 2> kCandidates{
      {{"onednn integers", onednn_integer_convolution}, {"integers", integer_convolution}}};
  return kCandidates;
}

namespace {

ConvolutionProblem added_beside(ConvolutionProblem problem) {
  for (PostOperation& operation : problem.post_operations)
    if (auto* add = std::get_if<AddInput>(&operation)) add->in_place = false;
  return problem;
}

}  // namespace

std::unique_ptr<Kernel> make_convolution(const ConvolutionProblem& problem, const KernelChooser* chooser) {
  const auto candidates =
      is_integer(problem.in.type) ? integer_convolution_candidates() : convolution_candidates();
  if (const KernelChoice* choice = chooser == nullptr ? nullptr : chooser->choose(problem)) {
    auto kernel = kernel_of(choice->taken, candidates, problem);
    if (kernel != nullptr) return kernel;
    // Where it is in place that the chosen one cannot add, the sum is not to be had in place.
    if (adds_in_place(problem.post_operations) &&
        kernel_of(choice->taken, candidates, added_beside(problem)) != nullptr)
      return nullptr;
  }
  return choose_kernel(candidates, problem);
}

}  // namespace actionflow::kernels
