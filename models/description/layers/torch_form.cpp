#include "models/description/layers/torch_form.h"

#include <array>
#include <string_view>
#include <utility>

namespace actionflow {

TorchForm usual_torch_form(const Parameter& parameter, const GraphNode&) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kRoles{
      {{"kernel", "weight"},
       {"gamma", "weight"},
       {"beta", "bias"},
       {"moving_mean", "running_mean"},
       {"moving_variance", "running_var"},
       {"alpha", "weight"},
       // Of a module that holds others, and not of one of their own.
       {"token", ""},
       {"embedding", ""}}};
  std::string name = parameter.role;
  for (const auto& [ours, theirs] : kRoles) {
    if (name == ours) name = theirs;
  }
  return {.tensors = {std::move(name)}, .shape = parameter.shape};
}

}  // namespace actionflow
