// What a network for streams should have said of one sample of a sequence.
#pragma once

namespace actionflow {

// In place of a label: all classes are as likely as each other.
inline constexpr int kSureOfNone = -1;

// A weight of 0 leaves that part of the answer free.
struct SampleTarget {
  int label = kSureOfNone;  // class whose cross-entropy counts, among the classes alone
  float label_weight = 0;
  float action = 0;         // 1: an action can be told by now; 0: none is under way
  float action_weight = 0;  //
  float elapsed = 0;        // seconds since the action began
  float elapsed_weight = 0;
};

}  // namespace actionflow
