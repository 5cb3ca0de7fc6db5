CREATE TABLE "dispatch_pauses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" text,
	"codec" text,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	CONSTRAINT "dispatch_pauses_scope" UNIQUE NULLS NOT DISTINCT("project_id","codec")
);
--> statement-breakpoint
ALTER TABLE "dispatch_pauses" ADD CONSTRAINT "dispatch_pauses_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dispatch_pauses_by_time" ON "dispatch_pauses" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_failed" ON "jobs" USING btree ("finished_at","id","project_id","failure_code") WHERE "jobs"."status" = 'failed';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_failed" ON "webhook_deliveries" USING btree ("ended_at","id") WHERE "webhook_deliveries"."state" = 'failed';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_failed_of_project" ON "webhook_deliveries" USING btree ("project_id","ended_at","id") WHERE "webhook_deliveries"."state" = 'failed';