using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Tests.Planning.Ledger;

/// <summary>
/// Any order of joins, deaths, leaves, reports (late or lost), commands (late, in any order), loads and new planners.
/// <see cref="LedgerGrid"/> checks after every step what must always be true.
/// </summary>
public sealed class LedgerScriptTests
{
    public enum Act
    {
        Join,
        Die,
        Leave,
        AskToLeave,
        Write,
        Deliver,
        Lose,
        Step,
        Follow,
        Load,
        Break,
        Wait,
        NewPlanner,
    }

    [Property(MaxTest = 300)]
    public Property Whatever_happens_the_grid_comes_to_serve_again() => Prop.ForAll(Scripts(), script =>
    {
        Play play = new();
        foreach ((Act act, int which) in script)
            play.Do(act, which);
        play.End();
    });

    private static Arbitrary<(Act Act, int Which)[]> Scripts() => Gen.ArrayOf(
        from act in Gen.Frequency(
            (2, Gen.Constant(Act.Join)),
            (1, Gen.Constant(Act.Die)),
            (1, Gen.Elements(Act.Leave, Act.AskToLeave, Act.NewPlanner, Act.Break)),
            (6, Gen.Elements(Act.Write, Act.Deliver, Act.Deliver, Act.Step, Act.Follow)),
            (3, Gen.Elements(Act.Load, Act.Wait, Act.Lose)))
        from which in Gen.Choose(0, 99)
        select (act, which)).Resize(120).ToArbitrary();

    private sealed class Play
    {
        private readonly LedgerGrid _grid = new();
        private readonly Dictionary<string, Queue<WorkerReport>> _mail = [];
        private int _joined;

        public void Do(Act act, int which)
        {
            if (act == Act.Join)
                Join(which);
            else if (act == Act.Wait)
                _grid.Wait(TimeSpan.FromSeconds(which % 4));
            else if (act == Act.Step)
                _grid.Step();
            else if (act == Act.NewPlanner)
                NewPlanner();
            else if (act == Act.Follow && _grid.Commands.Count > 0)
                _grid.Follow(which % _grid.Commands.Count);
            else if (_grid.Workers.Count > 0)
                Do(act, _grid.Workers.ElementAt(which % _grid.Workers.Count));
        }

        /// <summary>All is heard and followed from now on, and somebody is there who stays.</summary>
        public void End()
        {
            if (_grid.Workers.All(worker => worker.Leaving))
                Join(0);
            _grid.Run(50);
            Assert.All(_grid.Replicas, row => Assert.Equal(ReplicaState.Serving, row.State));
            Assert.All(_grid.Table.Models, model => Assert.True(
                model.Replicas.Length > 0, $"{model.Card.Name} is not served: {model.Problem}"));
            Assert.Equal(
                _grid.Replicas.SelectMany(row => row.Layout.Stages.Select((_, segment) => new StageKey(row.Layout.Key, segment))).Select(
                    stage => stage.ToString()).Order(),
                _grid.Workers.SelectMany(worker => worker.Stages).Select(stage => stage.ToString()).Order());
            Assert.Empty(_grid.Commands);
            GridTable table = _grid.Table;
            _grid.Run(3);
            Assert.Same(table, _grid.Table);
        }

        private void Do(Act act, PlayedWorker worker)
        {
            Queue<WorkerReport> mail = _mail[worker.Name];
            if (act == Act.Die)
                _grid.Die(worker.Name);
            else if (act == Act.Leave)
                worker.Leaving = true;
            else if (act == Act.AskToLeave)
                worker.Leaving |= _grid.AskToLeave(worker.Name);
            else if (act == Act.Write)
                mail.Enqueue(worker.Report());
            else if (act == Act.Deliver && mail.TryDequeue(out WorkerReport? report))
                _grid.Hear(report);
            else if (act == Act.Lose)
                mail.TryDequeue(out _);
            else if (act == Act.Load)
                worker.Load();
            else if (act == Act.Break)
                worker.Load("broken");
        }

        private void Join(int which)
        {
            string name = $"w{_joined++:00}";
            _grid.Join(name, PlayedWorker.Card("m", segments: 2, replicas: which % 2));
            _mail[name] = new();
        }

        private void NewPlanner()
        {
            foreach (PlayedWorker worker in _grid.Workers)
            {
                worker.TableVersion = _grid.Table.Version;
                // What was on its way went to the planner that is gone.
                _mail[worker.Name].Clear();
            }
            // Whoever lives knows the newest table; where nobody does, the clock alone puts a planner above the last one.
            _grid.NewPlanner(firstVersion: _grid.Workers.Count > 0 ? 0 : _grid.Table.Version + 1_000);
            _grid.HearAll();
            _grid.Step();
            _grid.Settle();
        }
    }
}
