// One video of a person who does something, as pictures.
//
// Who is seen before what depends on the figure and the background alone; camera, light, tempo and the way
// of moving on the clip. Under the same clip's number an action's partner is its film run backwards, to the
// byte, so no picture can tell the two apart. Clips have an odd number of pictures: both have the same middle
// one.
#pragma once

#include <memory>

#include "datasets/synthetic/film.h"

namespace actionflow {

class DrawnClip : public Film {
 public:
  explicit DrawnClip(const ClipPlan& plan);  // its action is of kActions
  ~DrawnClip() override;

  int frames() const override;
  double frame_rate() const override;
  int quality() const override;
  const char* preset() const override;
  std::vector<FilmAction> actions() const override;
  std::vector<std::uint8_t> frame(int index) const override;
  // The action at a phase from 0 to 1, seen by a still camera without noise.
  std::vector<std::uint8_t> moment(double phase) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
