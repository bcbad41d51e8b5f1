// One drawn person: looks, build and how a skeleton of that person becomes a picture.
#pragma once

#include "base/random.h"
#include "datasets/synthetic/people/body_parts.h"
#include "datasets/synthetic/people/scene_view.h"
#include "datasets/synthetic/people/skeleton.h"

namespace actionflow {

struct Figure {
  Look look;
  Proportions proportions;
  double height = 1;  // of the usual 1.75 m
  double tempo = 1;   // of all movements

  explicit Figure(Random random);
};

// Adds the person's parts to the layers.
void add_person(Layers& layers, const SceneView& view, const Figure& figure, const Skeleton& joints);

}  // namespace actionflow
