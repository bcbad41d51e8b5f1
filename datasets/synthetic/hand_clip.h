// One video of a hand that draws in the air, seen from its owner's head, as pictures: a clip of one gesture,
// or a stream of many with idle time and other movements between them.
//
// Whose hand it is and what is behind it depend on the figure and the background alone; gesture, tempo, light
// and camera on the clip.
#pragma once

#include <memory>

#include "datasets/synthetic/film.h"

namespace actionflow {

class HandClip : public Film {
 public:
  explicit HandClip(const ClipPlan& plan);  // its action is of kGestures
  ~HandClip() override;

  int frames() const override;
  double frame_rate() const override;  // 15 to 30
  int quality() const override;
  const char* preset() const override;
  std::vector<FilmAction> actions() const override;
  std::vector<std::uint8_t> frame(int index) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
