// The kernels that may run one operation, in a fixed order of preference, and the choice among them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow::kernels {

template <class Problem, class Made>
struct Candidate {
  const char* name;
  // Null where the problem is not for it.
  std::unique_ptr<Made> (*make)(const Problem&);
  // Whether a frame's result has the same bits wherever the frame stands in a clip; else the candidate is
  // left out where Problem::advances() says that a clip may come in pieces.
  bool exact_in_time = true;

  bool may_take(const Problem& problem) const { return exact_in_time || !problem.advances(); }
};

// The first that takes the problem, the same on every machine with these instruction sets.
template <class Problem, class Made>
std::unique_ptr<Made> choose_kernel(std::span<const Candidate<Problem, Made>> candidates,
                                    const Problem& problem) {
  for (const auto& candidate : candidates) {
    if (!candidate.may_take(problem)) continue;
    if (auto kernel = candidate.make(problem)) return kernel;
  }
  return nullptr;
}

// The one of that name; null where there is none, or the problem is not for it.
template <class Problem, class Made>
std::unique_ptr<Made> kernel_of(std::string_view name, std::span<const Candidate<Problem, Made>> candidates,
                                const Problem& problem) {
  for (const auto& candidate : candidates)
    if (candidate.name == name && candidate.may_take(problem)) return candidate.make(problem);
  return nullptr;
}

template <class Problem, class Made>
std::vector<std::string> names_of(std::span<const Candidate<Problem, Made>> candidates) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates) names.emplace_back(candidate.name);
  return names;
}

}  // namespace actionflow::kernels
