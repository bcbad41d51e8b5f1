// One video of the synthetic dataset, as pictures.
//
// Who is seen before what depends on the figure and the background alone; camera, light, tempo and the way
// of moving on the clip. Under the same clip's number an action's partner is its film run backwards, to the
// byte, so no picture can tell the two apart. Clips have an odd number of pictures: both have the same middle
// one. Equal plans give equal bytes. A DrawnClip belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace actionflow {

struct ClipPlan {
  std::size_t action = 0;  // of kActions
  std::uint64_t seed = 1;
  std::uint32_t clip = 0;
  std::uint32_t figure = 0;
  std::uint32_t background = 0;
  int width = 192;
  int height = 144;
};

class DrawnClip {
 public:
  static constexpr double kFrameRate = 25;

  explicit DrawnClip(const ClipPlan& plan);
  ~DrawnClip();

  int frames() const;
  // Height × width × 3 bytes of RGB.
  std::vector<std::uint8_t> frame(int index) const;
  // The action at a phase from 0 to 1, seen by a still camera without noise.
  std::vector<std::uint8_t> moment(double phase) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
