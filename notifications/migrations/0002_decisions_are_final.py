from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION notifications_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a decision is written once and never edited';
            END $$;
            CREATE TRIGGER decision_is_final BEFORE UPDATE ON notifications_decision
                FOR EACH ROW EXECUTE FUNCTION notifications_decision_is_final();
            """,
            """
            DROP TRIGGER decision_is_final ON notifications_decision;
            DROP FUNCTION notifications_decision_is_final();
            """,
        )
    ]
