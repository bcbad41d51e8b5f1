#include "models/kernels/convolution/convolution.h"

#include <algorithm>
#include <array>

#include "models/kernels/winograd/winograd.h"

namespace actionflow::kernels {

bool adds_in_place(const std::vector<PostOperation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [](const PostOperation& operation) {
    const auto* add = std::get_if<AddInput>(&operation);
    return add != nullptr && add->in_place;
  });
}

std::unique_ptr<Kernel> make_convolution(const ConvolutionProblem& problem) {
  static constexpr std::array<ConvolutionCandidate, 4> kCandidates{
      depthwise_convolution, winograd_convolution, onednn_convolution, direct_convolution};
  for (const ConvolutionCandidate candidate : kCandidates)
    if (auto kernel = candidate(problem)) return kernel;
  return nullptr;
}

}  // namespace actionflow::kernels
