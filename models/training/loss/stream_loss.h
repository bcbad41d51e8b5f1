// The loss of a network for streams (models/network/action_scores.h), over every sample of its sequences.
//
//   loss = Σ w·CE(which, label) / Σ w            label_weight, among the classes alone; of a movement that is
//                                                none (kSureOfNone) against all classes alike, as outlier
//                                                exposure has it (Hendrycks et al. 2019)
//        + Σ w·BCE(whether, action) / Σ w        action_weight
//        + elapsed·Σ w·H(seconds − elapsed) / Σ w   elapsed_weight
//
// H is Huber's loss: ½d² up to a second, |d| − ½ beyond. A sum of weights that is 0 leaves its term out.
// Which and whether are apart because "none" is most of a stream: as one more class of the softmax it is all
// that is learnt for hundreds of steps.
//
// Sums are doubles in a fixed order: equal arguments give equal bits. From any thread.
#pragma once

#include <span>

#include "base/tensor/tensor.h"
#include "models/training/loss/loss.h"
#include "models/training/loss/sample_target.h"

namespace actionflow {

// values N×(K+2)×T, targets N·T: sequence after sequence. The gradient has the values' shape. ModelError
// where shapes, a label or the class weights do not fit.
LossResult evaluate_stream_loss(const LossOptions& options, const Tensor& values,
                                std::span<const SampleTarget> targets);

}  // namespace actionflow
