// Measured choices of kernels as a file: made on one machine, read there at the next start, or carried to
// another, which then computes with the same kernels as far as it has them.
//
//   {"actionflow_kernels": 1, "measured_on": "AMD EPYC … avx512, oneDNN 2.6.3, 2 threads", "choices":
//     {"3x3x3 of 64 at 56x56 f32 to …": {"taken": "winograd", "measured": {"onednn": [40.1, 6e-07], …}}, …}}
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/kernels/convolution/kernel_choice.h"

namespace actionflow::kernels {

class KernelChoices final : public KernelChooser {
 public:
  // Throws ModelError, which names file and place, for what cannot be read, is no such file or names a
  // candidate that this version does not have.
  static KernelChoices read(const std::filesystem::path& file);
  // Whole or not at all; folders are made.
  void write(const std::filesystem::path& file) const;

  std::string measured_on;
  std::map<std::string, KernelChoice> choices;  // by choice_key

  // Of what is taken, not of the times: eight hexadecimal digits.
  std::string digest() const;

  const KernelChoice* choose(const ConvolutionProblem& problem) const override;
  const KernelChoice* find(const std::string& key) const override;
};

}  // namespace actionflow::kernels
