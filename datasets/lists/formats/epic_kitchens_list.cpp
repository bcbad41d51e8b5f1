// EPIC-Kitchens' annotations: https://github.com/epic-kitchens/epic-kitchens-100-annotations.
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/formats/timed_table.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

std::vector<ListRow> epic_kitchens_rows(const ListText& list, const ListContext& context,
                                        ListErrors& errors) {
  // Verbs, nouns and their numbers all may be what is looked for: label_column says.
  const TimedColumnNames names{.path = {"video_id"},
                               .label = {},
                               .start = {"start_timestamp"},
                               .end = {"stop_timestamp"},
                               .group = {"participant_id"}};
  const TimedTable table(list, names, context.options.label_column, errors);
  return table.empty() ? std::vector<ListRow>() : table.rows(context, errors);
}

}  // namespace actionflow
