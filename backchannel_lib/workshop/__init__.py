"""The workshop: deck, rounds, drill, questions, handouts, and phones. Importing it registers its kinds of activity."""

from backchannel_lib.activities.registry import register_kind

register_kind("run_plan", "backchannel_lib.workshop.run_plan.activity:RunPlan")
register_kind("round", "backchannel_lib.workshop.round.activity:Round")
register_kind("drill", "backchannel_lib.workshop.drill:Drill")
register_kind("own_cases", "backchannel_lib.workshop.own_cases.activity:OwnCaseForm")
register_kind("own_scenes", "backchannel_lib.workshop.own_cases.activity:OwnCaseForm")
register_kind("own_questions", "backchannel_lib.workshop.own_cases.activity:OwnQuestionForm")
register_kind("room_questions", "backchannel_lib.workshop.room_questions:RoomQuestions")
